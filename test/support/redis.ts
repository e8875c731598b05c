import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { temporaryFolder } from './folder.ts';

/** A private redis-server with a folder of its own; it keeps its address when it is started again. */
export interface TestRedis extends AsyncDisposable {
  /** As REDIS_URL. */
  readonly url: string;
  /** TCP port; 0 where it listens on a Unix socket only. */
  readonly port: number;
  /** On which those of a Cluster talk to each other; 0 where it is in none. */
  readonly clusterPort: number;
  /** A command of the test's own, as redis-cli would give it. */
  command(...words: [string, ...string[]]): Promise<unknown>;
  /** What is published under a channel from outside of Parley. */
  publish(channel: string, bytes: Buffer): Promise<void>;
  /** Channels that somebody is subscribed to. */
  channels(): Promise<string[]>;
  start(): Promise<void>;
  /** SIGKILL, as a machine that goes away. */
  kill(): Promise<void>;
  /** Stops the process without ending it: connections stay, nothing answers. */
  freeze(): void;
  thaw(): void;
}

export interface TestRedisOptions {
  /** On a free port of 127.0.0.1, for what needs one; a Unix socket otherwise. */
  readonly isTcp?: boolean;
  /** Lines of its configuration. */
  readonly settings?: readonly string[];
  readonly isSentinel?: boolean;
  /** One of a Redis Cluster. */
  readonly isCluster?: boolean;
  /** In the way that the nodes of Parley are to sign in. */
  readonly password?: string;
}

export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  for (let tries = 1; ; tries += 1) {
    const redis = await layOut(options);
    try {
      await redis.start();
      return redis;
    } catch (error) {
      await redis[Symbol.asyncDispose]();
      // Between the choice of a port and its use somebody else may have taken it.
      if (tries === 5) throw error;
    }
  }
}

async function layOut(options: TestRedisOptions): Promise<TestRedis> {
  const folder = temporaryFolder();
  const socket = join(folder.path, 'redis.sock');
  const { isCluster, isSentinel } = options;
  const port = options.isTcp || isSentinel || isCluster ? await freePort() : 0;
  const clusterPort = isCluster ? await freePort() : 0;
  const file = join(folder.path, 'redis.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder.path}`,
    `logfile ${join(folder.path, 'redis.log')}`,
    'save ""',
    ...(port === 0 ? [`unixsocket ${socket}`] : []),
    ...(options.password ? [`requirepass ${options.password}`] : []),
    // Ten thousand above the other one, which is the default, may be above all ports.
    ...(isCluster ? ['cluster-enabled yes', `cluster-port ${clusterPort}`] : []),
    ...(options.settings ?? []),
  ];
  writeFileSync(file, `${lines.filter((line) => !isSentinel || !/^(save|unixsocket)/.test(line)).join('\n')}\n`);
  const address = port === 0 ? { path: socket } : { host: '127.0.0.1', port };
  let child: ChildProcess | null = null;

  const connect = () =>
    new Redis({ ...address, ...(options.password && { password: options.password }), retryStrategy: () => null });
  const withConnection = async <Value>(work: (redis: Redis) => Promise<Value>): Promise<Value> => {
    const redis = connect().on('error', () => undefined);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  };
  const redis: TestRedis = {
    url: port === 0 ? `unix://${socket}` : `redis://127.0.0.1:${port}`,
    port,
    clusterPort,
    command: (name, ...words) => withConnection((one) => one.call(name, ...words)),
    publish: (channel, bytes) => withConnection(async (one) => void (await one.publish(channel, bytes))),
    channels: () => withConnection(async (one) => (await one.pubsub('CHANNELS')) as string[]),
    async start() {
      child = spawn('redis-server', [file, ...(isSentinel ? ['--sentinel'] : [])], { stdio: 'ignore' });
      const started = child;
      const bound = Date.now() + 20_000;
      while (started.exitCode === null && Date.now() < bound) {
        const isUp = await withConnection((one) => one.ping()).then(
          () => true,
          () => false,
        );
        if (isUp) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error('redis-server did not start');
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child?.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await redis.kill();
      folder[Symbol.dispose]();
    },
  };
  return redis;
}

/** One that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
