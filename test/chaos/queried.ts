import { askSurely, type Caller } from './doors.ts';
import type { Reading, Scope, SeenItem } from './evidence.ts';
import { entityFragments, eventFields, factsOfItem, messageOfItem } from './facts.ts';

const query = `query ($after: Cursor, $roomIds: [ID!]) {
  events(first: 25, after: $after, filter: { roomIds: $roomIds }) { nodes { ${eventFields} } endCursor hasMore }
} ${entityFragments}`;

/** What a person is told of the whole log by pages of the query, to be judged as a reader from its beginning. */
export async function readEventPages(
  caller: Caller,
  scope: Extract<Scope, { kind: 'viewer' }>,
  positionOf: (cursor: string) => number,
): Promise<Reading> {
  const items: SeenItem[] = [];
  for (let after: string | null = null; ; ) {
    const { data, errors } = await askSurely(caller, query, { after, roomIds: scope.roomIds });
    if (!data?.events) throw new Error(JSON.stringify(errors));
    for (const item of data.events.nodes) {
      const facts = factsOfItem(item) ?? `no event: ${JSON.stringify(item)}`;
      items.push({ position: positionOf(item.cursor), facts, message: messageOfItem(item) });
    }
    after = data.events.endCursor;
    if (!data.events.hasMore) break;
  }
  const whole = { from: 0, isQueried: true, isWhole: true, revokedAt: null };
  return { source: 'pages of events', userId: caller.id, scope, items, ...whole };
}
