import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { schema } from '../schema/index.ts';
import type { CompilationLimits } from '../src/hub/compiled-execution.ts';
import { createRoom, enterGuest, type Person, send } from './support/person.ts';
import { openEvents } from './support/sse-client.ts';
import { startWorld, type World } from './support/world.ts';
import type { WsClient } from './support/ws-client.ts';

type Name = 'ann' | 'bob' | 'cleo';

/** What is selected of a message, and with which variables by each of the three. */
interface Case {
  /** Of each: an operation of one text, which each asks for by its name. */
  readonly selection: string | Readonly<Record<Name, string>>;
  readonly declared?: string;
  readonly fragments?: string;
  readonly variables?: Readonly<Record<Name, object>>;
  /** Who gets an error. */
  readonly failsFor?: 'bob';
}

const role = 'viewerMember { role }';
const flags = { ann: { flag: true }, bob: { flag: false }, cleo: { flag: true } };

const cases: Readonly<Record<string, Case>> = {
  'shared fields alone': { selection: 'id text author { id displayName } room { slug name }' },
  'what the viewer is in the room': { selection: `text room { name ${role} }` },
  'the same behind the name of a shared field': { selection: `text: room { name: ${role} }` },
  'the same in a fragment of a fragment': {
    selection: 'text ...Outer',
    fragments: `fragment Outer on Message { room { ...Inner } } fragment Inner on Room { ${role} }`,
  },
  'the same through an interface': {
    selection: `... on Node { id ... on Message { room { ... on Node { ... on Room { ${role} } } } } }`,
  },
  'the same where a variable includes it': {
    selection: `text room { name ${role.replace(' {', ' @include(if: $flag) {')} }`,
    declared: '$flag: Boolean!',
    variables: flags,
  },
  'shared fields that a variable includes': {
    selection: 'text room @include(if: $flag) { name }',
    declared: '$flag: Boolean!',
    variables: flags,
  },
  'shared fields that a variable with a default includes': {
    selection: 'text room @include(if: $flag) { name }',
    declared: '$flag: Boolean! = true',
    variables: { ann: {}, bob: { flag: false }, cleo: { flag: true } },
  },
  'variables that the document does not know': {
    selection: 'text room { name }',
    variables: { ann: { role: 'OWNER' }, bob: { role: 'MEMBER' }, cleo: { viewer: 'ann' } },
  },
  'another operation of the same text': {
    selection: { ann: 'text room { name }', bob: `text room { name ${role} }`, cleo: 'id text room { name }' },
  },
  'operations of one text that differ in what is theirs': {
    selection: { ann: `room { ${role} }`, bob: 'room { name }', cleo: `room { viewerMember { id } }` },
  },
  'lists of members within lists': {
    selection: `room { members(first: 5) { nodes { role user { displayName } room { ${role} members(first: 2) { nodes { room { ${role} } } } } } } }`,
  },
  'an error for one of them only': {
    selection: 'text room { name messagesAround(messageId: $other, count: 1) { nodes { text } } }',
    declared: '$other: ID!',
    failsFor: 'bob',
  },
};

// The oracle is a query: it is executed for its caller alone, past every group.
const ways = {
  interpreted: { after: Number.POSITIVE_INFINITY },
  compiled: { after: 0, share: Number.POSITIVE_INFINITY },
};

describe.each(Object.entries(ways))('%s', (_, compilation) => {
  test.each(Object.entries(cases))('[A5] each viewer has live what they would read: %s', (_, given) =>
    showsEach(given, compilation),
  );
});

async function showsEach(given: Case, compilation: Partial<CompilationLimits>): Promise<void> {
  await using world = await startWorld({ parts: { compilation } });
  const cleo = await enterGuest(world.server, 'Cleo');
  const people = { ann: world.ann, bob: world.bob, cleo };
  const viewers = await Promise.all(
    Object.entries(people).map(([name, person]) => watch(world, given, name as Name, person)),
  );
  const { message } = await send(world.ann, world.roomId, 'Hello');
  for (const { name, person, variables, live } of viewers) {
    const read = await person.ask(
      `query ($messageId: ID! ${given.declared ?? ''}) {
        node(id: $messageId) { ... on Message { ${selectionOf(given, name)} } }
      } ${given.fragments ?? ''}`,
      { ...variables, messageId: message.id },
    );
    expect(read.errors !== undefined).toBe(name === given.failsFor);
    const wanted = { message: read.data.node, errors: errorsOf(read.errors) };
    for (const next of live) expect(await next()).toEqual(wanted);
  }
  for (const { end } of viewers) await end();
  expect(world.bugs).toEqual([]);
}

test('[A5] a field that is marked as shared and looks for the viewer all the same shows each what is theirs', async () => {
  const field = (schema.getType('Room') as GraphQLObjectType).getFields().viewerMember as GraphQLField<
    unknown,
    unknown
  >;
  const { extensions } = field;
  onTestFinished(() => {
    field.extensions = extensions;
  });
  field.extensions = { ...extensions, directives: { shared: {} } };
  for (const way of Object.values(ways)) await showsEach({ selection: `text alike: room { name ${role} }` }, way);
});

test('[A5] what is said in rooms that one cannot see stays there, whoever else has the same subscription', async () => {
  await using world = await startWorld();
  const { server, ann, bob, roomId, privateRoomId } = world;
  const own = await createRoom(ann, 'Attic', 'PRIVATE');
  const query = `subscription {
    events { ... on Checkpoint { isCaughtUp } ... on MessageSent { message { text room { name viewerMember { role } } } } }
  }`;
  for (const document of [query, query.replace(' viewerMember { role }', '')]) {
    const open = async (person: Person) => {
      const socket = await person.connect();
      const stream = socket.subscribe(document);
      await stream.next();
      return { socket, stream };
    };
    const [annsLive, bobsLive] = [await open(ann), await open(bob)];
    await Promise.all([send(ann, own, 'in the attic'), send(bob, privateRoomId, 'in the cellar')]);
    await send(ann, roomId, 'in the kitchen');
    const seenBy = async ({ stream, socket }: typeof annsLive) => {
      const results = await stream.until(({ data }) => data.events.message?.text === 'in the kitchen');
      await socket[Symbol.asyncDispose]();
      expect(results.map(({ errors }) => errors)).toEqual(results.map(() => undefined));
      return results.map(({ data }) => data.events.message).map(({ text, room }) => [text, room.name]);
    };
    expect(await seenBy(annsLive)).toEqual([
      ['in the attic', 'Attic'],
      ['in the kitchen', 'Kitchen'],
    ]);
    expect(await seenBy(bobsLive)).toEqual([
      ['in the cellar', 'Cellar'],
      ['in the kitchen', 'Kitchen'],
    ]);
  }
  await expect.poll(() => server.node.engine.hub.size.readers).toBe(0);
});

/** One person on a WebSocket, on the same once more, and on an event stream. */
async function watch({ server, roomId, messageId, privateMessageId }: World, given: Case, name: Name, person: Person) {
  const { declared = '', variables: chosen } = given;
  const variables =
    chosen?.[name] ?? (declared.includes('$other') ? { other: name === 'bob' ? privateMessageId : messageId } : {});
  const query = textOf(given);
  const operationName = typeof given.selection === 'string' ? 'one' : name;
  const asked = { ...variables, roomId };
  const socket: WsClient = await person.connect();
  const subscriptions = [0, 1].map(() => socket.subscribe(query, asked, { operationName }));
  const headers = { authorization: `Bearer ${person.token}` };
  const stream = await openEvents(server.url, { query, variables: asked, operationName, headers });
  const sources = [...subscriptions.map((one) => () => one.next()), async () => (await stream.next()).data];
  const live = sources.map((next) => async () => {
    const { data, errors } = await next();
    return { message: data.messages.message, errors: errorsOf(errors) };
  });
  for (const next of sources) expect((await next()).data.messages.isCaughtUp).toBe(true);
  return {
    name,
    person,
    variables,
    live,
    async end() {
      stream[Symbol.dispose]();
      await socket[Symbol.asyncDispose]();
    },
  };
}

function selectionOf({ selection }: Case, name: Name): string {
  return typeof selection === 'string' ? selection : selection[name];
}

function textOf({ selection, declared = '', fragments = '' }: Case): string {
  const operations = typeof selection === 'string' ? { one: selection } : selection;
  const texts = Object.entries(operations).map(
    ([name, selected]) => `subscription ${name} ($roomId: ID! ${declared}) {
      messages(roomId: $roomId) { isCaughtUp message { ${selected} } }
    }`,
  );
  return `${texts.join('\n')} ${fragments}`;
}

/** Without the way from the root to the message, which differs. */
function errorsOf(errors: readonly { path?: unknown; extensions: Record<string, unknown> }[] | undefined) {
  return errors?.map(({ path, extensions }) => ({ code: extensions.code, field: (path as string[]).at(-1) }));
}
