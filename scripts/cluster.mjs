/**
 * `npm run cluster`, `npm run cluster -- --nodes 5`: several nodes on this machine, to try out what happens when one dies:
 * a PostgreSQL and a Redis of their own, the nodes, and a balancer in front of them. One that ends is started again.
 * PORT is the balancer's, the nodes have the next ones; PORT=0 takes free ones. The data are in `cluster` in PARLEY_DATA_DIR.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBalancer } from './balancer.mjs';
import { build } from './build.mjs';
import { Keeper } from './keeper.mjs';
import { hasRedis, RedisServer } from './redis-server.mjs';

const root = resolve(import.meta.dirname, '..');
const MAX_NODES = 20;
/** Of each node: its pool, its committer, its bell, and one to spare. */
const CONNECTIONS_PER_NODE = 13;

try {
  await main();
} catch (error) {
  const isPlain =
    error instanceof Error &&
    ('isForPeople' in error || ['DataFolderInUse', 'EmbeddedPostgresError'].includes(error.name));
  console.error(isPlain ? error.message : error);
  process.exit(1);
}

async function main() {
  const count = readCount();
  if (!hasRedis()) {
    throw forPeople(
      'redis-server is missing, which carries the news between the nodes: sudo apt-get install redis-server, or brew install redis.',
    );
  }
  process.chdir(root);
  process.env.NODE_ENV ??= 'production';
  const begun = performance.now();
  await build({ say: console.log }).catch((error) => {
    throw forPeople(`The build failed. ${error.message}`);
  });
  const { readEnvironment } = await import('../dist/server/src/config.js');
  const environment = readEnvironment(root);
  const port = Number(environment.PORT ?? 4000);
  if (!Number.isInteger(port) || port < 0 || port + count > 65_535) throw forPeople('PORT is no TCP port.');

  /** What was started, in this order. @type {(() => Promise<unknown>)[]} */
  const started = [];
  const stopAll = async () => {
    for (let stop = started.pop(); stop; stop = started.pop()) await stop();
  };
  const stopping = stopOnSignal(stopAll);
  try {
    const nodes = await startParts({ count, port, environment, started, signal: stopping });
    if (stopping.aborted) return;
    const { url } = nodes.balancer;
    console.log(
      [
        `${count} nodes are ready (${Math.round(performance.now() - begun)} ms).`,
        `  balancer  ${url}/, GraphiQL at ${url}/graphql`,
        ...nodes.members.map((one, n) => `  node ${n + 1}    ${one.url}/, process ${one.pid}`),
        '  stop      Ctrl-C',
      ].join('\n'),
    );
  } catch (error) {
    if (stopping.aborted) return;
    await stopAll();
    throw error;
  }
}

/**
 * @param {{ count: number, port: number, environment: Readonly<Record<string, string | undefined>>,
 *   started: (() => Promise<unknown>)[], signal: AbortSignal }} options
 */
async function startParts({ count, port, environment, started, signal }) {
  const { startEmbeddedPostgres } = await import('../dist/server/src/db/embedded.js');
  const say = (/** @type {object} */ fields, /** @type {string} */ message) =>
    console.log(`database | ${message}`, fields);
  const postgres = await startEmbeddedPostgres({
    dataDir: join(environment.PARLEY_DATA_DIR || './data', 'cluster'),
    log: { info: say, warn: say, error: say },
    settings: { max_connections: String(20 + count * CONNECTIONS_PER_NODE) },
    signal,
  });
  started.push(() => postgres.stop());
  const redis = await RedisServer.start();
  started.push(() => redis.stop());

  /** @type {Keeper[]} */
  const members = [];
  const targets = () => members.flatMap(({ url }) => (url === null ? [] : [targetOf(url)]));
  const balancer = await startBalancer({ port, targets }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw forPeople(
      `Port ${port} is taken by another process: stop that one, or choose another with PORT; 0 takes a free one.`,
    );
  });
  started.push(() => balancer.close());
  started.push(() => Promise.all(members.map((one) => one.stop())));

  const { host, port: socketPort, user, database } = postgres.connection;
  const settings = {
    ...environment,
    HOST: '127.0.0.1',
    DATABASE_URL: `postgres://${user}@localhost:${socketPort}/${database}?host=${encodeURIComponent(host)}`,
    DATABASE_DIRECT_URL: '',
    REDIS_URL: redis.url,
    PARLEY_DATABASE_POOL_SIZE: '10',
    PARLEY_LOG_LEVEL: environment.PARLEY_LOG_LEVEL ?? 'warn',
    // The balancer looks every 100 ms.
    PARLEY_DRAIN_DELAY_MS: environment.PARLEY_DRAIN_DELAY_MS ?? '500',
  };
  for (let n = 1; n <= count; n += 1) {
    signal.throwIfAborted();
    const one = new Keeper(`node ${n}`, {
      ...settings,
      PORT: port === 0 ? '0' : String(port + n),
    });
    members.push(one);
    // The first makes the tables and the demo.
    if (n === 1) await one.ready;
  }
  await Promise.all(members.map((one) => one.ready));
  while (balancer.readyCount < count) await new Promise((done) => setTimeout(done, 20));
  return { members, balancer };
}

/**
 * Ends the process in order at the first signal, at once at the second.
 * @param {() => Promise<void>} stopAll
 */
function stopOnSignal(stopAll) {
  const stopping = new AbortController();
  const onSignal = () => {
    // The nodes, Redis and PostgreSQL see that this process is gone.
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    console.log('stopping: press again to stop at once');
    stopAll().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stopping.signal;
}

function readCount() {
  try {
    const { values } = parseArgs({ options: { nodes: { type: 'string', default: '3' } } });
    const count = Number(values.nodes);
    if (Number.isInteger(count) && count >= 1 && count <= MAX_NODES) return count;
  } catch {
    // Said below.
  }
  throw forPeople(`npm run cluster -- --nodes 3: from 1 to ${MAX_NODES}.`);
}

/** @param {string} url */
function targetOf(url) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** An error whose message says all there is to say. @param {string} message */
function forPeople(message) {
  return Object.assign(new Error(message), { isForPeople: true });
}
