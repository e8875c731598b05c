import { expect, test } from 'vitest';
import { enterGuest, type Person, send } from './support/person.ts';
import { openEvents } from './support/sse-client.ts';
import { startWorld, type World } from './support/world.ts';
import type { WsClient } from './support/ws-client.ts';

/** What is selected of a message, and with which variables by each of the three. */
interface Case {
  readonly selection: string;
  readonly declared?: string;
  readonly fragments?: string;
  readonly variables?: Readonly<Record<'ann' | 'bob' | 'cleo', object>>;
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
test.each(Object.entries(cases))('[A5] each viewer has live what they would read: %s', async (_, given) => {
  await using world = await startWorld();
  const cleo = await enterGuest(world.server, 'Cleo');
  const people = { ann: world.ann, bob: world.bob, cleo };
  const viewers = await Promise.all(
    Object.entries(people).map(([name, person]) => watch(world, given, name as keyof typeof people, person)),
  );
  const { message } = await send(world.ann, world.roomId, 'Hello');
  for (const { name, person, variables, live } of viewers) {
    const read = await person.ask(
      `query ($messageId: ID! ${given.declared ?? ''}) { node(id: $messageId) { ... on Message { ${given.selection} } } } ${given.fragments ?? ''}`,
      { ...variables, messageId: message.id },
    );
    expect(read.errors !== undefined).toBe(name === given.failsFor);
    const wanted = { message: read.data.node, errors: errorsOf(read.errors) };
    for (const next of live) expect(await next()).toEqual(wanted);
  }
  for (const { end } of viewers) await end();
  expect(world.bugs).toEqual([]);
});

/** One person on a WebSocket, on the same once more, and on an event stream. */
async function watch(
  { server, roomId, messageId, privateMessageId }: World,
  { selection, declared = '', fragments = '', variables: chosen }: Case,
  name: 'ann' | 'bob' | 'cleo',
  person: Person,
) {
  const variables =
    chosen?.[name] ?? (declared.includes('$other') ? { other: name === 'bob' ? privateMessageId : messageId } : {});
  const query = `subscription ($roomId: ID! ${declared}) {
    messages(roomId: $roomId) { isCaughtUp message { ${selection} } }
  } ${fragments}`;
  const asked = { ...variables, roomId };
  const socket: WsClient = await person.connect();
  const subscriptions = [socket.subscribe(query, asked), socket.subscribe(query, asked)];
  const headers = { authorization: `Bearer ${person.token}` };
  const stream = await openEvents(server.url, { query, variables: asked, headers });
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

/** Without the way from the root to the message, which differs. */
function errorsOf(errors: readonly { path?: unknown; extensions: Record<string, unknown> }[] | undefined) {
  return errors?.map(({ path, extensions }) => ({ code: extensions.code, field: (path as string[]).at(-1) }));
}
