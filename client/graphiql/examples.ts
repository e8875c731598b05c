export interface Example {
  /** Name of the file, which is `<operation>-<root field>`: `subscription-messages`. */
  name: string;
  query: string;
}

// Documents, not code: the page offers the same files that the tests run.
const files = import.meta.glob<string>('../../schema/examples/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const operations = ['query', 'mutation', 'subscription'];
const rank = ({ name }: Example) => operations.indexOf(name.split('-')[0] ?? '');

/** One example per root field: queries, mutations, subscriptions, each in order of the field's name. */
export const examples: readonly Example[] = Object.entries(files)
  .map(([path, query]) => ({ name: path.replace(/^.*\//, '').replace('.graphql', ''), query: query.trimEnd() }))
  .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));

/** The examples that a newcomer finds open, in this order: look, read, write, watch, and come back. */
export const openAtFirst = [
  'query-rooms',
  'query-room',
  'mutation-sendMessage',
  'subscription-messages',
  'subscription-typing',
  'subscription-events',
] as const;

/** The example whose `$after` the page fills in. */
export const resumeExample = 'subscription-events';

/** Text of an example by name. Throws for a name without a file. */
export function exampleQuery(name: string): string {
  const example = examples.find((candidate) => candidate.name === name);
  if (example === undefined) throw new Error(`no example schema/examples/${name}.graphql`);
  return example.query;
}
