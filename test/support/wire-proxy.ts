import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Stands between clients and a server, and does to their connections what networks do. */
export interface WireProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Connections taken so far. */
  readonly connections: number;
  /** Connections of clients that are open now. */
  readonly open: number;
  /** Connections on which the client has spoken last: it waits for an answer. */
  readonly awaiting: number;
  /** Bytes that came from the server so far. */
  readonly bytesDown: number;
  /** Loses all connections: with a reset, or in good order. */
  cut(how: 'reset' | 'end'): void;
  /** Half-open: the server loses all connections of now, and no client is told; new ones are as ever. */
  abandon(): void;
  /** While true no byte passes and nothing is closed; new connections are taken and stay silent too. */
  isSilent: boolean;
}

export interface WireProxyOptions {
  /** Asked for at each connection: what becomes of the bytes that come from the server. Absent: they pass. */
  readonly alterDown?: () => (bytes: Buffer) => Buffer;
}

/** `url` of the server (`http://…`, `redis://…`, or `unix:` and a path) is asked at each connection. */
export async function startWireProxy(
  server: { readonly url: string },
  { alterDown }: WireProxyOptions = {},
): Promise<WireProxy> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const upstreams = new Set<Socket>();
  const awaiting = new Set<Socket>();
  const abandoned = new Set<Socket>();
  let isSilent = false;
  let connections = 0;
  let bytesDown = 0;
  const proxy = createServer((client) => {
    connections += 1;
    const upstream = connectTo(server.url);
    clients.add(client);
    upstreams.add(upstream);
    client.once('close', () => {
      clients.delete(client);
      awaiting.delete(client);
    });
    upstream.once('close', () => upstreams.delete(upstream));
    client.on('data', () => awaiting.add(client));
    upstream.on('data', (bytes) => {
      awaiting.delete(client);
      bytesDown += bytes.length;
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      if (alterDown && from === upstream) from.pipe(altering(alterDown())).pipe(to);
      else from.pipe(to);
      if (isSilent) from.pause();
      from.on('error', () => {
        if (!abandoned.has(from)) to.destroy();
      });
      from.on('close', () => {
        sockets.delete(from);
        if (!isSilent && !abandoned.has(from)) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    get connections() {
      return connections;
    },
    get open() {
      return clients.size;
    },
    get awaiting() {
      return awaiting.size;
    },
    get bytesDown() {
      return bytesDown;
    },
    cut(how) {
      for (const socket of sockets) {
        if (how === 'end') socket.end();
        // A Unix socket knows no reset.
        else if (socket.remoteFamily === undefined) socket.destroy();
        else socket.resetAndDestroy();
      }
    },
    abandon() {
      for (const upstream of upstreams) {
        abandoned.add(upstream);
        upstream.unpipe();
        upstream.destroy();
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

function connectTo(url: string): Socket {
  if (url.startsWith('unix:')) return connect(url.slice('unix:'.length));
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

function altering(alter: (bytes: Buffer) => Buffer): Transform {
  return new Transform({ transform: (bytes: Buffer, _encoding, done) => done(null, alter(bytes)) });
}
