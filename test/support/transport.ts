import { afterEach, beforeEach, expect } from 'vitest';
import { type Log, silentLog } from '../../src/observe/log.ts';
import { startTransport, type Transport } from '../../src/transport/server.ts';
import { defaultTransportSettings, type SocketSettings, type TransportSettings } from '../../src/transport/settings.ts';
import { createStubEngine, type StubEngine } from './stub-engine.ts';
import { type ConnectOptions, connect, type WsClient } from './ws-client.ts';

export const ALLOWED = 'https://friend.example';
export const FOREIGN = 'https://foe.example';

/** A transport on a stub engine, new for each test of the file, and its WebSocket clients. */
export interface TransportFixture {
  readonly engine: StubEngine;
  readonly server: Transport;
  /** What was logged as an error: taken out by a test that expects it, and none is left at the end of one. */
  readonly bugs: object[];
  restart(socket: Partial<SocketSettings>, changes?: Partial<TransportSettings>): Promise<void>;
  open(options?: ConnectOptions): Promise<WsClient>;
}

export function transportFixture(): TransportFixture {
  let engine: StubEngine;
  let server: Transport;
  let clients: WsClient[];
  let bugs: object[];

  function start(socket: Partial<SocketSettings> = {}, changes: Partial<TransportSettings> = {}): Promise<Transport> {
    const log: Log = { ...silentLog, error: (fields) => void bugs.push(fields) };
    const sockets = { ...defaultTransportSettings.socket, ...socket };
    const settings = { ...defaultTransportSettings, allowedOrigins: [ALLOWED], ...changes, socket: sockets };
    return startTransport({ engine, settings, log, clientFolder: null });
  }

  beforeEach(async () => {
    engine = createStubEngine();
    clients = [];
    bugs = [];
    server = await start();
  });

  afterEach(async () => {
    engine.release();
    for (const client of clients) client.socket.terminate();
    await server.close();
    expect(bugs).toEqual([]);
  });

  return {
    get engine() {
      return engine;
    },
    get server() {
      return server;
    },
    get bugs() {
      return bugs;
    },
    async restart(socket, changes) {
      await server.close();
      server = await start(socket, changes);
    },
    async open(options = {}) {
      const client = await connect(server.url, options);
      clients.push(client);
      return client;
    },
  };
}
