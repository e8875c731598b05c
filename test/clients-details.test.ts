/** What strangers stumble over with clients that are not ours; docs/clients.md says it, and here it is seen. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, gql as apolloGql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { cacheExchange, fetchExchange, subscriptionExchange, Client as UrqlClient, gql as urqlGql } from '@urql/core';
import { cacheExchange as graphcache } from '@urql/exchange-graphcache';
import { createClient, type Sink } from 'graphql-ws';
import { Environment, fetchQuery, type GraphQLResponse, Network, RecordSource, Store } from 'relay-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import relayHistory, {
  type documentsHistoryQuery,
} from '../examples/relay/__generated__/documentsHistoryQuery.graphql.ts';
import { signUp } from './support/account.ts';
import { printedExamples, RunningClient } from './support/clients.ts';
import { temporaryFolder } from './support/folder.ts';
import { createRoom, send } from './support/person.ts';
import { pngOfCamera } from './support/pictures.ts';
import { startWorld, type World } from './support/world.ts';

const root = join(import.meta.dirname, '..');
/** A bound for the slowest machine. */
const patience = { timeout: 20_000 };

interface History {
  readonly asOf: string;
  readonly room: { readonly messages: { readonly nodes: readonly { readonly text?: string | null | undefined }[] } };
}
interface Live {
  readonly messages: { readonly kind: string; readonly message: { readonly text: string } | null };
}
const history = `query ($slug: String!) {
  asOf room(by: { slug: $slug }) { id messages(last: 5) { nodes { id text author { id displayName } } } }
}`;
const live = `subscription ($roomId: ID!, $after: Cursor) {
  messages(roomId: $roomId, after: $after) { kind cursor message { id text } }
}`;

let world: World;
let endpoint = '';
let headers: Record<string, string> = {};

beforeAll(async () => {
  world = await startWorld();
  endpoint = `${world.server.url}/graphql`;
  headers = { authorization: `Bearer ${world.ann.token}` };
});
afterAll(() => world[Symbol.asyncDispose]());

/** Reads a room: from the cache where the client has it, unless `isFresh`. */
type Read = (slug: string, isFresh?: boolean) => Promise<History>;

function byApollo(): Read {
  const client = new ApolloClient({ link: new HttpLink({ uri: endpoint, headers }), cache: new InMemoryCache() });
  const query: TypedDocumentNode<History, { slug: string }> = apolloGql(history);
  return async (slug, isFresh = false) => {
    const fetchPolicy = isFresh ? 'network-only' : 'cache-first';
    const { data } = await client.query({ query, variables: { slug }, fetchPolicy });
    return data as History;
  };
}

function byUrql(cache: typeof cacheExchange): Read {
  const client = new UrqlClient({ url: endpoint, fetchOptions: { headers }, exchanges: [cache, fetchExchange] });
  const query = urqlGql<History, { slug: string }>(history);
  return async (slug, isFresh = false) => {
    const requestPolicy = isFresh ? 'network-only' : 'cache-first';
    return (await client.query(query, { slug }, { requestPolicy })).data as History;
  };
}

function byRelay(): Read {
  const network = Network.create(async ({ text: query }, variables) => {
    const body = JSON.stringify({ query, variables });
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
    return (await (await fetch(endpoint, init)).json()) as GraphQLResponse;
  });
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  return async (slug, isFresh = false) => {
    const fetchPolicy = isFresh ? 'network-only' : 'store-or-network';
    return (await fetchQuery<documentsHistoryQuery>(
      environment,
      relayHistory,
      { slug },
      { fetchPolicy },
    ).toPromise()) as History;
  };
}

const lastOf = ({ room }: History) => room.messages.nodes.at(-1)?.text;

test('an example signs in with handle and password where its one line is changed, which is the same in all', async () => {
  const line = /signedIn: enterAsGuest\(input: \{ displayName: "[^"]+" \}\) \{ token errors \{ message \} \}/;
  const read = (file: string) => readFileSync(join(root, file.replace('relay/main.ts', 'relay/documents.ts')), 'utf8');
  const without = printedExamples().filter(({ file }) => !line.test(read(file)));
  expect(without).toEqual([]);

  const { handle, password, ...member } = await signUp(world.server, { displayName: 'Otter' });
  await createRoom(member, 'Lobby');
  using folder = temporaryFolder();
  const path = join(folder.path, 'curl.sh');
  const account = `signedIn: signIn(input: { handle: "${handle}", password: "${password}" }) { token errors { message } }`;
  writeFileSync(path, read('examples/curl.sh').replace(line, account));
  await using program = new RunningClient(`exec sh ${path}`, world.server.url);
  await expect.poll(() => program.lines, patience).toEqual(['Otter: Hello from curl']);

  writeFileSync(path, read('examples/curl.sh').replace(line, account.replace(password, 'seven small cats')));
  await using refused = new RunningClient(`exec sh ${path}`, world.server.url);
  await expect.poll(() => refused.exit, patience).toMatch(/^it ended with [1-9]\d*: .*password/i);
  expect(refused.lines).toEqual([]);
});

test('an account is made, and gets its picture, by the lines of the shell that the docs print', async () => {
  const page = readFileSync(join(root, 'docs/clients.md'), 'utf8');
  const [, lines = ''] = /^## An account and its picture[\s\S]*?^```sh\n([\s\S]*?)^```/m.exec(page) ?? [];
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'me.png'), await pngOfCamera(64, 64));
  const env = { PATH: process.env.PATH, PARLEY_URL: world.server.url };
  const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', lines], { cwd: folder.path, env });
  const avatarUrl = expect.stringMatching(/^\/avatars\//);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ avatarUrl }, { data: { viewer: { user: { handle: 'otter', avatarUrl } } } }]);
});

describe('asOf in a cache', () => {
  test.for([
    ['Apollo', byApollo],
    ['Relay', byRelay],
    ['graphcache of urql', () => byUrql(graphcache())],
  ] as const)(
    'of %s is that of the newest answer, whichever it was: beside an older list it would skip what is between',
    async ([, make]) => {
      const read = make();
      const first = await read('kitchen');
      const sent = await send(world.ann, world.roomId, `between ${Math.random()}`);
      const other = await read('lobby');
      const cached = await read('kitchen');
      expect(lastOf(cached)).toBe(lastOf(first));
      expect(cached.asOf).toBe(other.asOf);
      expect(cached.asOf).not.toBe(first.asOf);
      const fresh = await read('kitchen', true);
      expect(lastOf(fresh)).toBe(sent.message.text);
    },
  );

  test('of urql without graphcache is that of the list beside it', async () => {
    const read = byUrql(cacheExchange);
    const first = await read('kitchen');
    await send(world.ann, world.roomId, `between ${Math.random()}`);
    await read('lobby');
    expect(await read('kitchen')).toEqual(first);
  });
});

describe('a subscription without a WebSocket', () => {
  test('[E3] by the HttpLink of Apollo, which asks for multipart, is refused with what to do', async () => {
    const client = new ApolloClient({ link: new HttpLink({ uri: endpoint, headers }), cache: new InMemoryCache() });
    const { error } = await new Promise<{ error?: unknown }>((resolve) =>
      client.subscribe({ query: apolloGql(live), variables: { roomId: world.roomId } }).subscribe(resolve),
    );
    expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.code).toBe('SUBSCRIPTION_OVER_HTTP');
  });

  test('[S1] by urql alone is an event stream, with `fetchSubscriptions`', async () => {
    const client = new UrqlClient({
      url: endpoint,
      fetchOptions: { headers },
      fetchSubscriptions: true,
      exchanges: [fetchExchange],
    });
    const texts: (string | undefined)[] = [];
    const following = client
      .subscription(urqlGql<Live, object>(live), { roomId: world.roomId })
      .subscribe(({ data }) => texts.push(data?.messages.message?.text ?? data?.messages.kind));
    await expect.poll(() => texts, patience).toContain('CHECKPOINT');
    await send(world.ann, world.roomId, 'by an event stream');
    await expect.poll(() => texts.at(-1), patience).toBe('by an event stream');
    following.unsubscribe();
  });
});

describe('a subscription over a WebSocket', () => {
  test('by Apollo needs a global WebSocket where a connection is refused: Node 20 has none', async () => {
    const socket = createClient({ url: 'ws://127.0.0.1:1/graphql', webSocketImpl: WebSocket, retryAttempts: 0 });
    const told = new Promise<unknown>((resolve) => {
      // What its link throws is caught here: by itself it would be a rejection without a home, and end the process.
      const subscribe: typeof socket.subscribe = (payload, sink) => {
        const error = (reason: unknown) => {
          try {
            sink.error(reason);
          } catch (thrown) {
            resolve(thrown);
          }
        };
        return socket.subscribe(payload, { next: () => {}, complete: () => {}, error });
      };
      const link = new GraphQLWsLink({ ...socket, subscribe });
      const client = new ApolloClient({ link, cache: new InMemoryCache() });
      client.subscribe({ query: apolloGql(live) }).subscribe(({ error }) => resolve(error));
    });
    const own = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
    Reflect.deleteProperty(globalThis, 'WebSocket');
    try {
      expect(await told).toBeInstanceOf(ReferenceError);
    } finally {
      if (own) Object.defineProperty(globalThis, 'WebSocket', own);
    }
  });

  test('by urql ends without a sign where the server completes it: the last item says it', async () => {
    const connectionParams = { token: world.ann.token };
    const socket = createClient({ url: endpoint.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams });
    let isComplete = false;
    const forward = subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe(sink) {
          const complete = () => {
            isComplete = true;
            sink.complete();
          };
          const payload = { query, variables: { ...variables } };
          return { unsubscribe: socket.subscribe(payload, { ...(sink as Sink), complete }) };
        },
      }),
    });
    const kinds: (string | undefined)[] = [];
    const client = new UrqlClient({ url: endpoint, exchanges: [forward] });
    const roomId = await createRoom(world.bob, 'Attic', 'PRIVATE');
    await world.bob.ask(`mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }`, {
      input: { roomId, userId: world.ann.id },
    });
    client.subscription<Live>(urqlGql(live), { roomId }).subscribe(({ data }) => kinds.push(data?.messages.kind));
    await expect.poll(() => kinds, patience).toContain('CHECKPOINT');
    await world.ann.ask(`mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { errors { code } } }`, {
      input: { roomId },
    });
    await expect.poll(() => isComplete, patience).toBe(true);
    expect(kinds.at(-1)).toBe('ENDED');
  });
});

describe('Relay', () => {
  const documents = `import { graphql } from 'relay-runtime';
    graphql\`fragment documents_room on Room
      @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
      @refetchable(queryName: "documentsOlderQuery") {
        name messages(last: $count, before: $cursor) @connection(key: "documents_messages") { edges { node { text } } }
      }\`;
    graphql\`query documentsRoomQuery { room(by: { slug: "kitchen" }) { ...documents_room } }\`;`;

  test('[R7] compiles a connection that it pages and refetches by node, and the server answers what it made', async () => {
    using folder = temporaryFolder();
    const made = join(folder.path, 'made');
    mkdirSync(made);
    writeFileSync(join(folder.path, 'documents.ts'), documents);
    writeFileSync(join(folder.path, 'schema.graphql'), readFileSync(join(root, 'schema/schema.graphql')));
    const config = { src: '.', schema: 'schema.graphql', language: 'typescript', artifactDirectory: 'made' };
    writeFileSync(join(folder.path, 'relay.config.json'), JSON.stringify(config));
    const compiler = join(root, 'node_modules/relay-compiler/cli.js');
    const { status, stderr } = spawnSync(process.execPath, [compiler, 'relay.config.json'], { cwd: folder.path });
    expect(status, stderr.toString()).toBe(0);
    expect(readdirSync(made)).toHaveLength(3);

    for (const text of ['one', 'two', 'three']) await send(world.ann, world.roomId, text);
    const artifact = readFileSync(join(made, 'documentsOlderQuery.graphql.ts'), 'utf8');
    const query: string = JSON.parse(/"text": (".+")$/m.exec(artifact)?.[1] ?? '""');
    expect(query).toContain('node(id: $id)');
    const ask = async (cursor: string | null) => {
      const { data, errors } = await world.ann.ask(query, { id: world.roomId, count: 2, cursor });
      expect(errors).toBeUndefined();
      return data.node.messages as { edges: { node: { text: string } }[]; pageInfo: Record<string, unknown> };
    };
    const newest = await ask(null);
    expect(newest.edges.map(({ node }) => node.text)).toEqual(['two', 'three']);
    expect(newest.pageInfo).toMatchObject({ hasPreviousPage: true, startCursor: expect.stringMatching(/^page_/) });
    const older = await ask(String(newest.pageInfo.startCursor));
    expect(older.edges.at(-1)?.node.text).toBe('one');
  });
});
