/** Which faults a seed means, in which order, and which of them at once. */
import { type FaultName, faults } from './faults/index.ts';

const kills: readonly FaultName[] = ['node: kill -9', 'Redis: kill -9'];
const databaseKills: readonly FaultName[] = ['PostgreSQL: kill -9', 'PostgreSQL: kill -9 of a committing session'];
const others = (Object.keys(faults) as FaultName[]).filter(
  (name) => !kills.includes(name) && !databaseKills.includes(name),
);

/**
 * In each ten: two kills of nodes, two of Redis, two of the database, and four of the others, of which each comes
 * before any comes again. Now and then two strike at once, of different parts.
 */
export function* planFaults(random: () => number): Generator<readonly FaultName[], never> {
  const shuffled = <Item>(items: readonly Item[]): Item[] => {
    const left = [...items];
    return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as Item);
  };
  let waiting: FaultName[] = [];
  for (;;) {
    if (waiting.length < 4) waiting = [...waiting, ...shuffled(others)];
    const ten = shuffled([...kills, ...kills, ...databaseKills, ...waiting.splice(0, 4)]);
    while (ten.length > 0) {
      const first = ten.shift() as FaultName;
      const at = random() < 0.25 ? ten.findIndex((name) => partOf(name) !== partOf(first)) : -1;
      yield at < 0 ? [first] : [first, ...ten.splice(at, 1)];
    }
  }
}

/** Two faults of one part at once would be one. */
function partOf(name: FaultName): string {
  return name.slice(0, name.indexOf(':'));
}
