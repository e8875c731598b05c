/**
 * A small load balancer for several nodes on one machine: TCP connections in turn to the nodes whose /health/ready says
 * 200. It looks at no request, so that WebSockets, event streams, Host and Origin pass as they are. For trying out and
 * for tests; production has nginx, HAProxy or what the cloud brings.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

/** Much shorter than the delay of a drain, in which a node that stops goes on serving. */
const CHECK_EVERY_MS = 100;
const CHECK_PATIENCE_MS = 2_000;

/** @typedef {{ host: string, port: number }} Target */

/**
 * Listens and balances until `close`, which cuts what is open. `targets` is asked each time, as nodes come and go.
 * Rejects when the address is taken.
 * @param {{ host?: string, port: number, targets: () => Target[] }} options
 */
export async function startBalancer({ host = '127.0.0.1', port, targets }) {
  /** Nodes that were ready when they were asked last. @type {Map<string, Target>} */
  const ready = new Map();
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  let turn = 0;

  /** @param {import('node:net').Socket} socket */
  function keep(socket) {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
  }

  /** The ready nodes, beginning with the one whose turn it is. */
  function inTurn() {
    const all = targets().filter((target) => ready.has(nameOf(target)));
    const first = all.length === 0 ? 0 : turn++ % all.length;
    return [...all.slice(first), ...all.slice(0, first)];
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, async (client) => {
    keep(client);
    for (const target of inTurn()) {
      const node = connect({ ...target, allowHalfOpen: true, noDelay: true });
      keep(node);
      const isOpen = await once(node, 'connect').then(
        () => true,
        () => false,
      );
      if (!isOpen) {
        ready.delete(nameOf(target));
        continue;
      }
      // One side that breaks takes the other with it; one that has only finished does not.
      const cut = () => {
        client.destroy();
        node.destroy();
      };
      pipeline(client, node, (error) => error && cut());
      pipeline(node, client, (error) => error && cut());
      client.resume();
      return;
    }
    client.destroy();
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1_024 }, () => resolve(undefined));
  });

  const checking = new Set();
  async function check() {
    await Promise.all(
      targets().map(async (target) => {
        const name = nameOf(target);
        if (checking.has(name)) return;
        checking.add(name);
        if (await isReady(target)) ready.set(name, target);
        else ready.delete(name);
        checking.delete(name);
      }),
    );
  }
  const timer = setInterval(() => void check(), CHECK_EVERY_MS);
  await check();

  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://${host}:${address.port}`,
    /** How many nodes get connections now. */
    get readyCount() {
      return targets().filter((target) => ready.has(nameOf(target))).length;
    },
    async close() {
      clearInterval(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** @param {Target} target */
function nameOf({ host, port }) {
  return `${host}:${port}`;
}

/** @param {Target} target @returns {Promise<boolean>} */
function isReady({ host, port }) {
  return new Promise((resolve) => {
    const asking = request(
      { host, port, path: '/health/ready', agent: false, timeout: CHECK_PATIENCE_MS },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(false));
    asking.end();
  });
}
