import { expect, onTestFinished, test, vi } from 'vitest';
import { faultsOf, readLog } from './support/history.ts';
import { eventsQuery, LogStream, messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, sendMutation } from './support/person.ts';
import { startServer } from './support/server.ts';

const MESSAGES = 3_000;
const IN_FLIGHT = 32;
/** Of one socket, so that more waits for it than any kernel takes. */
const SLOW_SUBSCRIPTIONS = 4;

test('[R8] a socket that stops reading costs the others nothing, and reads on without a fault', async () => {
  const server = await startServer({ checkpointIntervalMs: 300 });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { cursors } = server.node.engine.services;
  const owner = await enterGuest(server, 'owner');
  const roomId = await createRoom(owner, 'busy');
  const [slowReader, ...readers] = await Promise.all(['slow', 'ann', 'bob'].map((name) => enterGuest(server, name)));
  const client = await slowReader!.connect();
  const slow = Array.from({ length: SLOW_SUBSCRIPTIONS }, () => client.subscribe(messagesQuery, { roomId }));
  for (const subscription of slow) await subscription.until(({ data }) => data.messages.isCaughtUp);
  const others = [
    ...readers.map((person) => new LogStream(server, person, { query: messagesQuery, variables: { roomId } })),
    new LogStream(server, owner, { query: eventsQuery }),
  ];
  for (const stream of others) await stream.until(({ items }) => items.length > 0);

  client.socket.pause();
  await using sender = await owner.connect();
  let sent = 0;
  let lastId = '';
  const sendOnAndOn = async () => {
    while (sent < MESSAGES) {
      const count = ++sent;
      const input = { roomId, text: `${count} ${'x'.repeat(2_048)}` };
      const { data } = await sender.request(sendMutation, { input });
      if (count === MESSAGES) lastId = data.sendMessage.message.id;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendOnAndOn));
  const log = await readLog(server.database);
  const expected = log.filter(({ kind }) => kind === 'MESSAGE_SENT').map(({ position }) => position);
  expect(expected).toHaveLength(MESSAGES);
  for (const stream of others) {
    await stream.reached(log.length);
    expect(faultsOf(expected, stream.positions)).toEqual([]);
  }

  // Nothing is held aside for the slow one: what it has not read shows what became of it meanwhile.
  const change = `mutation ($id: ID!) {
    editMessage(input: { messageId: $id, text: "changed meanwhile", expectedVersion: 1 }) { errors { code } }
  }`;
  expect((await owner.ask(change, { id: lastId })).data.editMessage.errors).toEqual([]);
  client.socket.resume();
  for (const subscription of slow) {
    const results = await subscription.until(({ data }) => data.messages.kind === 'EDITED');
    const items = results.map(({ data }) => data.messages).filter(({ kind }) => kind === 'SENT');
    expect(
      faultsOf(
        expected,
        items.map(({ cursor }) => cursors.decode(cursor).position),
      ),
    ).toEqual([]);
    expect(items.find(({ message }) => message.id === lastId).message.text).toBe('changed meanwhile');
  }

  const { hub } = server.node.engine;
  expect(hub.size).toMatchObject({ readers: SLOW_SUBSCRIPTIONS + 3, entitlements: 1 });
  await client.close();
  for (const stream of others) await stream[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(hub.size).toEqual({ readers: 0, groups: 0, entitlements: 0 }), 5_000);
}, 60_000);
