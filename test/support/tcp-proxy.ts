import { createServer, type Socket, connect as toSocket } from 'node:net';

/**
 * Stands between a client and PostgreSQL on its Unix socket, and loses the connection when a COMMIT is sent: before
 * PostgreSQL has it, or when PostgreSQL has answered and before the client has the answer.
 */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Commits that were cut so far. */
  readonly cuts: number;
  /** For the next COMMIT alone; with `andClose` nobody can connect afterwards. */
  cutNextCommit(when: 'before' | 'after', andClose?: boolean): void;
  /** While false, connections are lost at once. */
  isOpen: boolean;
}

export async function startTcpProxy(socketPath: string): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let wanted: 'before' | 'after' | null = null;
  let closesThen = false;
  let cuts = 0;
  let isOpen = true;

  const server = createServer((client) => {
    if (!isOpen) return void client.destroy();
    const database = toSocket(socketPath);
    let isCommitting = false;
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
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (bytes) => {
      const when = bytes.includes('COMMIT\0') ? wanted : null;
      if (when !== null) wanted = null;
      if (when === 'before') return cutCommit();
      isCommitting ||= when === 'after';
      database.write(bytes);
    });
    database.on('data', (bytes) => {
      if (isCommitting && bytes.includes('COMMIT\0')) cutCommit();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  return {
    port: address.port,
    get cuts() {
      return cuts;
    },
    cutNextCommit(when, andClose = false) {
      wanted = when;
      closesThen = andClose;
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
