const names = new Map<string, string>();

/** What a statement is prepared under, once per connection. Texts are constants of the program, so there are few. */
export function nameOf(sql: string): string {
  const name = names.get(sql) ?? `parley ${names.size}`;
  names.set(sql, name);
  return name;
}
