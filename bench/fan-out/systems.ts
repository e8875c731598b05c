/** The servers that are measured: Parley as `npm start` runs it, and the peers in bench/peers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serverOptions } from '../../scripts/server-options.mjs';
import { temporaryFolder } from '../../test/support/folder.ts';
import { createRoom, enterGuest } from '../../test/support/person.ts';
import { ServerHome } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { quietRates } from '../resume-part.ts';
import type { Dialect, Publisher, Subscriber } from './dialects.ts';

export interface System extends AsyncDisposable {
  readonly url: string;
  readonly dialect: Dialect;
  readonly publisher: Publisher;
  /** So many who subscribe, each signed in where the server knows people. */
  subscribers(count: number): Promise<readonly Subscriber[]>;
  /** What the server's process has used since it was asked last. */
  probe(state?: ProbeState): Promise<Probe>;
}

export interface Probe {
  readonly cpuMs: number;
  readonly longestTurnMs: number;
  readonly residentBytes: number;
}

/** `at rest`: garbage is collected first. */
export type ProbeState = 'at work' | 'at rest';

export type SystemName = keyof typeof starts;

/** `documentOf`: the selection of one message for the n-th subscriber, where the server speaks GraphQL. */
export interface SystemOptions {
  readonly documentOf: (n: number) => string;
}

/** The fields that all peers send. */
export const sameDocument = 'id text sentAt author { id displayName }';

export const starts = {
  Parley: startParley,
  ws: () => startPeer('ws.ts', 'plain'),
  'ws corked': () => startPeer('ws.ts', 'plain', { env: { CORKED: '1' } }),
  'Socket.IO': () => startPeer('socket-io.ts', 'socketIo'),
  Mercurius: (options: SystemOptions) => startPeer('mercurius/server.mjs', 'graphql', options),
  'graphql-ws': (options: SystemOptions) => startPeer('graphql-ws.ts', 'graphql', options),
  Yoga: startYoga,
} satisfies Record<string, (options: SystemOptions) => Promise<System>>;

async function startParley({ documentOf }: SystemOptions): Promise<System> {
  const probe = newProbe();
  const home = new ServerHome({ settings: { PARLEY_SOCKETS_PER_USER: '100000', ...quietRates, ...probe.env } });
  const url = await home.launch().ready;
  const server = { url };
  const owner = await enterGuest(server, 'Somebody who writes');
  const roomId = await createRoom(owner, 'Kitchen');
  return {
    url,
    dialect: 'parley',
    publisher: { token: owner.token, roomId },
    subscribers: (count) => guestsOf(server, roomId, count, documentOf),
    probe: probe.ask,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      probe.dispose();
    },
  };
}

/** So many people who have just come in, and what each subscribes to. */
export async function guestsOf(
  server: { readonly url: string },
  roomId: string,
  count: number,
  documentOf: (n: number) => string = () => sameDocument,
): Promise<readonly Subscriber[]> {
  const tokens: string[] = [];
  const enter = async () => {
    while (tokens.length < count) tokens.push((await enterGuest(server, 'Somebody who reads')).token);
  };
  await Promise.all(Array.from({ length: 20 }, enter));
  return tokens.slice(0, count).map((token, n) => ({
    token,
    query: `subscription ($roomId: ID!) { messages(roomId: $roomId) { cursor isCaughtUp message { ${documentOf(n)} } } }`,
    variables: { roomId },
  }));
}

async function startYoga(options: SystemOptions): Promise<System> {
  const redis = await startRedis();
  const system = await startPeer('yoga.ts', 'graphql', { ...options, env: { REDIS_URL: redis.url } });
  return {
    ...system,
    async [Symbol.asyncDispose]() {
      await system[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

/** With the options of Node that Parley has. */
export async function startPeer(
  file: string,
  dialect: Dialect,
  { documentOf, env = {} }: Partial<SystemOptions> & { env?: Record<string, string> } = {},
): Promise<System> {
  const probe = newProbe();
  const peer = spawn(
    process.execPath,
    [...serverOptions, '--import', 'tsx', join(import.meta.dirname, '../peers', file)],
    {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env, ...probe.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const url = `http://127.0.0.1:${await portOf(peer)}`;
  let isOver = false;
  peer.once('exit', (code, signal) => isOver || console.error(`${file} ended by itself with ${code ?? signal}`));
  return {
    url,
    dialect,
    publisher: {},
    subscribers: (count) =>
      Promise.resolve(
        Array.from({ length: count }, (_, n) =>
          documentOf ? { query: `subscription { messages { ${documentOf(n)} } }` } : {},
        ),
      ),
    probe: probe.ask,
    async [Symbol.asyncDispose]() {
      isOver = true;
      peer.stdin?.end();
      await new Promise((resolve) => (peer.exitCode === null ? peer.once('exit', resolve) : resolve(null)));
      probe.dispose();
    },
  };
}

function portOf(peer: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    peer.once('exit', (code) => reject(new Error(`a peer ended with ${code}`)));
    peer.stdout?.on('data', (text: Buffer) => {
      const port = /^port (\d+)$/m.exec(text.toString())?.[1];
      if (port) resolve(port);
    });
  });
}

export function newProbe() {
  const folder = temporaryFolder();
  const path = join(folder.path, 'probe');
  return {
    env: {
      PROBE_SOCKET: path,
      NODE_OPTIONS: `--expose-gc --import ${pathToFileURL(join(import.meta.dirname, 'probe.mjs')).href}`,
    },
    ask: (state: ProbeState = 'at work') =>
      new Promise<Probe>((resolve, reject) => {
        let text = '';
        const socket = connect(path);
        socket.write(state);
        socket
          .on('data', (data) => {
            text += data;
          })
          .on('error', reject)
          .on('close', () => {
            if (text === '') reject(new Error('a server ended before it told what it has used'));
            else resolve(JSON.parse(text));
          });
      }),
    dispose: () => folder[Symbol.dispose](),
  };
}
