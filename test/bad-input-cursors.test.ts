import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCursorCodec } from '../src/log/cursor.ts';
import { type BadInput, describeBadInput } from './support/bad-input.ts';
import { doorNames, fault, openDoor, type SocketDoor } from './support/doors.ts';
import { send } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';

/** Cursors of the log that do not belong there, made of a good one. */
const badCursors: readonly [what: string, make: (good: string) => string, code: CursorCode, reason: string][] = [
  ['that is empty', () => '', 'CURSOR_INVALID', 'DAMAGED'],
  ['that is rubbish', () => '../../etc/passwd', 'CURSOR_INVALID', 'DAMAGED'],
  ['with its last character gone', (good) => good.slice(0, -1), 'CURSOR_INVALID', 'DAMAGED'],
  ['with a character too many', (good) => `${good}A`, 'CURSOR_INVALID', 'DAMAGED'],
  ['with a blank behind it', (good) => `${good} `, 'CURSOR_INVALID', 'DAMAGED'],
  ['with characters that base64url has not', (good) => good.replace(/.$/, '='), 'CURSOR_INVALID', 'DAMAGED'],
  ['of a format to come', (good) => changed(good, (bytes) => bytes.writeUInt8(2, 0)), 'CURSOR_INVALID', 'DAMAGED'],
  ['of a partition', (good) => changed(good, (bytes) => bytes.writeUInt16BE(1, 1)), 'CURSOR_INVALID', 'DAMAGED'],
  ['of another log', (good) => otherEpoch(good), 'CURSOR_EXPIRED', 'OTHER_EPOCH'],
  ['of the future', (good) => moved(good, 1_000_000), 'CURSOR_EXPIRED', 'FUTURE'],
  ['of the next place, with the tag of this one', (good) => moved(good, 1), 'CURSOR_EXPIRED', 'OTHER_HISTORY'],
  [
    'of another history, at the right place with another tag',
    (good) => changed(good, (bytes) => bytes.writeUIntBE((bytes.readUIntBE(17, 6) + 1) % 2 ** 48, 17, 6)),
    'CURSOR_EXPIRED',
    'OTHER_HISTORY',
  ],
  [
    'of the very beginning, with a guessed tag',
    (good) => changed(good, (bytes) => bytes.fill(0, 11)),
    'CURSOR_EXPIRED',
    'OTHER_HISTORY',
  ],
];

type CursorCode = 'CURSOR_INVALID' | 'CURSOR_EXPIRED';

function changed(cursor: string, change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(cursor.slice(4), 'base64url');
  change(bytes);
  return `log_${bytes.toString('base64url')}`;
}

function moved(cursor: string, by: number): string {
  return changed(cursor, (bytes) => bytes.writeUIntBE(bytes.readUIntBE(11, 6) + by, 11, 6));
}

function otherEpoch(cursor: string): string {
  return changed(cursor, (bytes) => bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3));
}

/** A page cursor of the room's messages, as the server gives it. */
async function pageCursorOf({ ann, roomId }: World, connection = 'messages'): Promise<string> {
  const { data } = await ann.ask(
    `query ($id: ID!) { room(by: { id: $id }) { ${connection}(last: 1) { pageInfo { endCursor } } } }`,
    { id: roomId },
  );
  return data.room[connection].pageInfo.endCursor;
}

const events = 'query ($after: Cursor) { events(after: $after) { endCursor } }';
const messagesPage =
  'query ($id: ID!, $after: String) { room(by: { id: $id }) { messages(after: $after) { nodes { id } } } }';

describeBadInput('[R6] [E2]', [
  ...badCursors.map(
    ([what, make, code, reason]): BadInput => ({
      what: `a cursor ${what}`,
      query: events,
      variables: ({ cursor }) => ({ after: make(cursor) }),
      gives: fault(code, { reason }),
    }),
  ),
  {
    what: 'a number for a cursor',
    query: events,
    variables: { after: 7 },
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'a damaged cursor in the document itself',
    query: '{ events(after: "log_AAAA") { endCursor } }',
    gives: fault('CURSOR_INVALID', { reason: 'DAMAGED' }),
  },
  {
    what: 'a cursor of the log for a page',
    query: messagesPage,
    variables: ({ roomId, cursor }) => ({ id: roomId, after: cursor }),
    gives: fault('CURSOR_INVALID', { argument: 'after', reason: 'LOG_CURSOR' }),
  },
  ...['', 'page_', 'page_AAAA', 'rubbish', 'page_../../etc', '\0', '\ud83d'].map(
    (after): BadInput => ({
      what: `the page cursor ${JSON.stringify(after)}`,
      query: messagesPage,
      variables: ({ roomId }) => ({ id: roomId, after }),
      gives: fault('CURSOR_INVALID', { argument: 'after', reason: 'DAMAGED' }),
    }),
  ),
]);

describe('cursors', () => {
  let world: World;
  let sockets: SocketDoor;

  beforeAll(async () => {
    world = await startWorld();
    sockets = (await openDoor('WebSocket', world.server.url, world.ann.token)) as SocketDoor;
  });
  afterAll(async () => {
    await sockets[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const subscriptions = [
    ['messages', 'subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) { kind } }'],
    [
      'events',
      'subscription ($roomId: ID!, $after: Cursor) { events(after: $after, filter: { roomIds: [$roomId] }) { cursor } }',
    ],
  ] as const;

  describe.each(subscriptions)('of the subscription %s', (_, document) => {
    it.each(badCursors)('[R6] are refused when it is one %s, before the first item', async (__, make, code, reason) => {
      const { cursor, roomId } = world;
      fault(code, { reason })(await sockets.refused(document, { roomId, after: make(cursor) }));
    });

    it.each(badCursors)('[R6] are refused over SSE when it is one %s', async (__, make, code, reason) => {
      const { cursor, roomId, server, ann } = world;
      await using events = await openDoor('SSE', server.url, ann.token);
      fault(code, { reason })(await events.ask(document, { roomId, after: make(cursor) }));
    });

    it('[R6] are refused when it is a page cursor', async () => {
      const after = await pageCursorOf(world);
      fault('CURSOR_INVALID', { reason: 'PAGE_CURSOR' })(
        await sockets.refused(document, { roomId: world.roomId, after }),
      );
    });
  });

  it('[R6] of a page are refused where one of the log belongs, in a query too', async () => {
    const after = await pageCursorOf(world);
    for (const name of doorNames) {
      await using door = await openDoor(name, world.server.url, world.ann.token);
      fault('CURSOR_INVALID', { reason: 'PAGE_CURSOR' })(await door.ask(events, { after }));
    }
  });

  it('[R6] of a page are refused by another connection, and with a changed place', async () => {
    const ofMembers = await pageCursorOf(world, 'members');
    const ofMessages = await pageCursorOf(world);
    const forged = Buffer.from(ofMessages.slice(5), 'base64url');
    forged.write('9', forged.length - 1);
    for (const [after, reason] of [
      [ofMembers, 'OTHER_CONNECTION'],
      [`page_${forged.toString('base64url')}`, 'DAMAGED'],
      [ofMessages.slice(0, -2), 'DAMAGED'],
    ]) {
      await using door = await openDoor('HTTP', world.server.url, world.ann.token);
      const reply = await door.ask(messagesPage, { id: world.roomId, after });
      fault('CURSOR_INVALID', { argument: 'after', reason })(reply);
    }
  });

  it('[R5] are refused together with last, and last is refused out of its bounds', async () => {
    const document = `subscription ($roomId: ID!, $after: Cursor, $last: Int) {
      messages(roomId: $roomId, after: $after, last: $last) { kind }
    }`;
    const { roomId, cursor } = world;
    fault('BAD_USER_INPUT')(await sockets.refused(document, { roomId, after: cursor, last: 5 }));
    for (const last of [0, -1, 101]) {
      fault('BAD_USER_INPUT', { argument: 'last' })(await sockets.refused(document, { roomId, last }));
    }
  });

  it('[E2] that were refused left the socket and the database as they were, and a good one goes on', async () => {
    const before = await world.content();
    const { roomId, cursor, ann } = world;
    await sockets.refused(subscriptions[0][1], { roomId, after: moved(cursor, 7) });
    expect(await world.content()).toEqual(before);
    const resumed = sockets.client.subscribe(subscriptions[0][1], { roomId, after: cursor });
    expect((await resumed.next()).data.messages.kind).toBe('CHECKPOINT');
    await send(ann, roomId, 'after all that');
    await resumed.until(({ data }) => data.messages.kind === 'SENT');
    expect(world.bugs).toEqual([]);
  });

  it('[R6] of another server are refused, with nothing in them to tell but the epoch', async () => {
    const stranger = createCursorCodec('00112233445566ff').encode({ position: 1, tag: 1 });
    const { roomId } = world;
    for (const [, document] of subscriptions) {
      fault('CURSOR_EXPIRED', { reason: 'OTHER_EPOCH' })(await sockets.refused(document, { roomId, after: stranger }));
    }
  });
});
