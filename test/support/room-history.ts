import type { Sighting } from './crash-check.ts';
import type { Answer, Person } from './person.ts';

const historyQuery = `query ($id: ID!, $after: String) {
  room(by: { id: $id }) { messages(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }
}`;

/** The whole history of a room as a person's node shows it, in pages from its beginning. */
export async function readHistory(reader: Pick<Person, 'ask'>, roomId: string): Promise<Sighting> {
  const messageIds: string[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await reader.ask(historyQuery, { id: roomId, after });
    const { messages } = answer.data.room;
    messageIds.push(...messages.nodes.map((node: { id: string }) => node.id));
    if (!messages.pageInfo.hasNextPage) return { source: 'the history of a room', roomIds: [roomId], messageIds };
    after = messages.pageInfo.endCursor;
  }
}
