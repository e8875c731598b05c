import { connect, createServer, type Socket } from 'node:net';

/** Stands between clients and a server, and does to their connections what networks do. */
export interface WireProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections taken so far. */
  readonly connections: number;
  /** Connections of clients that are open now. */
  readonly open: number;
  /** Bytes that came from the server so far. */
  readonly bytesDown: number;
  /** Loses all connections: with a reset, or in good order. */
  cut(how: 'reset' | 'end'): void;
  /** While true no byte passes and nothing is closed; new connections are taken and stay silent too. */
  isSilent: boolean;
}

/** `url` of the server (`http://…`) is asked at each connection. */
export async function startWireProxy(server: { readonly url: string }): Promise<WireProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isSilent = false;
  let connections = 0;
  let bytesDown = 0;
  const proxy = createServer((client) => {
    connections += 1;
    clients.add(client);
    client.once('close', () => clients.delete(client));
    const { hostname, port } = new URL(server.url);
    const upstream = connect(Number(port), hostname);
    upstream.on('data', (bytes) => {
      bytesDown += bytes.length;
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      if (isSilent) from.pause();
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!isSilent) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections;
    },
    get open() {
      return clients.size;
    },
    get bytesDown() {
      return bytesDown;
    },
    cut(how) {
      for (const socket of sockets) {
        if (how === 'reset') socket.resetAndDestroy();
        else socket.end();
      }
    },
    get isSilent() {
      return isSilent;
    },
    set isSilent(value) {
      isSilent = value;
      for (const socket of sockets) {
        if (value) socket.pause();
        else socket.resume();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
