import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { Talk } from './support/nodes.ts';
import { createRoom, enterGuest, joinRoom, send } from './support/person.ts';
import { startPostgresOfVersion } from './support/postgres-versions.ts';
import { until } from './support/process.ts';
import { startServer } from './support/server.ts';

/** The oldest that is supported; `npm run test:postgres` runs more of the tests on all of them. */
const oldest = '15';

test(`[R2] two nodes on PostgreSQL ${oldest}: the demo, sending, editing, deleting, history and delivery`, async () => {
  const postgres = await startPostgresOfVersion(oldest);
  onTestFinished(() => postgres[Symbol.asyncDispose]());
  const query = async <Row>(sql: string, parameters: readonly unknown[] = []) => {
    const client = new pg.Client({ connectionString: postgres.urlOf('postgres') });
    await client.connect();
    try {
      return (await client.query(sql, [...parameters])).rows as Row[];
    } finally {
      await client.end();
    }
  };
  const [shown] = await query<{ server_version: string }>('SHOW server_version');
  expect(shown?.server_version).toMatch(new RegExp(`^${oldest}\\.`));

  const database = { url: postgres.urlOf('postgres'), query, async [Symbol.asyncDispose]() {} };
  const first = await startServer({ database, hasDemo: true });
  onTestFinished(() => first[Symbol.asyncDispose]());
  const second = await startServer({ database });
  onTestFinished(() => second[Symbol.asyncDispose]());
  await until(() => [first, second].every(({ node }) => node.engine.nodes.isListening), 10_000);

  const [ann, bob] = await Promise.all([enterGuest(first, 'Ann'), enterGuest(second, 'Bob')]);
  const roomId = await createRoom(ann, 'Kitchen');
  await joinRoom(bob, roomId);
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three']) ids.push((await send(ann, roomId, text)).message.id);
  const edit = `mutation ($input: EditMessageInput!) { editMessage(input: $input) { errors { code } } }`;
  const remove = `mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { errors { code } } }`;
  const edited = await ann.ask(edit, { input: { messageId: ids[1], text: 'TWO', expectedVersion: 1 } });
  expect(edited.data?.editMessage).toEqual({ errors: [] });
  const removed = await ann.ask(remove, { input: { messageId: ids[2] } });
  expect(removed.data?.deleteMessage).toEqual({ errors: [] });
  const page = `query ($id: ID!, $before: String) {
    node(id: $id) { ... on Room { messages(last: 2, before: $before) { pageInfo { startCursor } nodes { text } } } }
  }`;
  const newest = (await bob.ask(page, { id: roomId })).data.node.messages;
  expect(newest.nodes).toEqual([{ text: 'TWO' }, { text: null }]);
  const older = (await bob.ask(page, { id: roomId, before: newest.pageInfo.startCursor })).data.node.messages;
  expect(older.nodes).toEqual([{ text: 'one' }]);

  const talk = await Talk.begin([first, second]);
  await talk.goesOn(100);
  await talk.settle();
}, 120_000);
