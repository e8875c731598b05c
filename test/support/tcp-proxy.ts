import { createServer, type Socket, connect as toSocket } from 'node:net';

/**
 * Stands between a client and PostgreSQL on its Unix socket, and loses the connection when a COMMIT is sent: before
 * PostgreSQL has it, while it works on it or on what was sent with it, or when it has answered and before the client knows.
 */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** How often a client has spoken after the database had. */
  readonly trips: number;
  /** Commits that were cut so far. */
  readonly cuts: number;
  /** For the next COMMIT alone; with `andClose` nobody can connect afterwards. */
  cutNextCommit(when: Moment, andClose?: boolean): void;
  /** Loses the client at the next COMMIT, and gives PostgreSQL what it sent so much later. */
  delayNextCommit(ms: number): void;
  /** While false, connections are lost at once. */
  isOpen: boolean;
}

type Moment = 'before' | 'during' | 'after';

export async function startTcpProxy(socketPath: string): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let wanted: Moment | null = null;
  let closesThen = false;
  let delayMs: number | null = null;
  let cuts = 0;
  let trips = 0;
  let isOpen = true;

  const server = createServer((client) => {
    if (!isOpen) return void client.destroy();
    const database = toSocket(socketPath);
    let isCommitting = false;
    let awaited = '';
    let isClientsTurn = true;
    const cut = () => {
      client.destroy();
      database.destroy();
    };
    const cutCommit = () => {
      cuts += 1;
      if (closesThen) isOpen = false;
      cut();
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => sockets.delete(socket));
      socket.on('close', cut);
    }
    client.on('data', (bytes) => {
      if (isClientsTurn) trips += 1;
      isClientsTurn = false;
      if (delayMs !== null && bytes.includes('COMMIT\0')) {
        cuts += 1;
        client.off('close', cut).destroy();
        setTimeout(() => database.end(bytes), delayMs);
        delayMs = null;
        return;
      }
      const when = bytes.includes('COMMIT\0') ? wanted : null;
      if (when !== null) wanted = null;
      if (when === 'before') return cutCommit();
      isCommitting ||= when !== null;
      if (when === 'after') awaited = 'COMMIT\0';
      database.write(bytes);
    });
    database.on('data', (bytes) => {
      isClientsTurn = true;
      if (isCommitting && bytes.includes(awaited)) cutCommit();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    port: address.port,
    get trips() {
      return trips;
    },
    get cuts() {
      return cuts;
    },
    cutNextCommit(when, andClose = false) {
      wanted = when;
      closesThen = andClose;
    },
    delayNextCommit(ms) {
      delayMs = ms;
    },
    get isOpen() {
      return isOpen;
    },
    set isOpen(value) {
      isOpen = value;
      if (!value) for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
