/** Where SQL goes: a pool, a connection or a snapshot. Rows as node-postgres gives them. */
export interface Queryable {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** What can be sent without fail: what the driver makes text of has no way to throw. */
export type Parameter = string | number | boolean | Date | null | readonly Parameter[];

/** SQL whose text is always the same, and what it is done with. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}
