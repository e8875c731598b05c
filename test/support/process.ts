/** The built Parley as an operator runs it: real processes on a data folder of their own, none left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { serverOptions } from '../../scripts/server-options.mjs';
import { temporaryFolder } from './folder.ts';

const root = join(import.meta.dirname, '../..');
const startBoundMs = 60_000;

/** Of the machine that runs the tests, what a server needs; nothing that would set it up otherwise. */
const inherited = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
const plainSettings = {
  PORT: '0',
  PARLEY_DEMO: 'false',
  PARLEY_LOG_FORMAT: 'json',
  PARLEY_RATE_SENDS_PER_10_SECONDS: '0',
  PARLEY_RATE_OPERATIONS_PER_10_SECONDS: '0',
  PARLEY_RATE_GUESTS_PER_HOUR: '0',
  PARLEY_RATE_ROOMS_PER_HOUR: '0',
};

/** How a process ended: code null after a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One server process, a leader of its process group, as a terminal would start it. */
export class ServerProcess {
  readonly pid: number;
  /** Settles once the process is gone and all that it said has been read. */
  readonly exited: Promise<Exit>;
  /** The address, once it says that it is ready. Rejects with its output when it ends before. */
  readonly ready: Promise<string>;
  #output = '';
  #exit: Exit | null = null;

  constructor(child: ChildProcess) {
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    this.ready = new Promise((resolve, reject) => {
      const take = (data: Buffer) => {
        this.#output += data.toString();
        const [, url] = /Parley is ready.*chat +(http\S+)\/\n/s.exec(this.#output) ?? [];
        if (url !== undefined) resolve(url);
      };
      child.stdout?.on('data', take);
      child.stderr?.on('data', take);
      void this.exited.then(({ code, signal }) =>
        reject(new Error(`the server ended (${code ?? signal}) before it was ready:\n${this.#output}`)),
      );
    });
    this.ready.catch(() => undefined);
  }

  /** What it wrote to stdout and stderr so far. */
  get output(): string {
    return this.#output;
  }

  /** Null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === null) process.kill(this.pid, signal);
  }

  /** As Ctrl-C in a terminal does: to every process of the group. */
  killGroup(signal: NodeJS.Signals): void {
    if (this.#exit === null) process.kill(-this.pid, signal);
  }
}

export interface ServerHomeOptions {
  /** Settings that win over those of a quiet server: no demo, no rate limits, a free port. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: a new folder in the temporary one. Removed, if it is in there, with the home. */
  readonly dataDir?: string;
}

/** A data folder, and the servers that run on it, one after the other. */
export class ServerHome implements AsyncDisposable {
  readonly dataDir: string;
  readonly #folder = temporaryFolder();
  readonly #settings: Readonly<Record<string, string>>;
  readonly #launched: ServerProcess[] = [];
  #url = '';

  constructor({ settings = {}, dataDir }: ServerHomeOptions = {}) {
    this.dataDir = dataDir ?? join(this.#folder.path, 'data');
    this.#settings = settings;
  }

  /** Of the server that became ready last. */
  get url(): string {
    return this.#url;
  }

  /** Starts a server without waiting for it. */
  launch(settings: Readonly<Record<string, string>> = {}): ServerProcess {
    const child = spawn(process.execPath, [...serverOptions, join(root, 'scripts/start.mjs')], {
      cwd: root,
      env: { ...inherited, ...plainSettings, PARLEY_DATA_DIR: this.dataDir, ...this.#settings, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const server = new ServerProcess(child);
    this.#launched.push(server);
    return server;
  }

  /** Starts a server and waits until it is ready. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = this.launch(settings);
    this.#url = await within(startBoundMs, server.ready, () => `not ready in time:\n${server.output}`);
    return server;
  }

  /** The PostgreSQL of this folder, by its own pid file; undefined when it has none. */
  get postgresPid(): number | undefined {
    try {
      const pid = Number.parseInt(readFileSync(join(this.dataDir, 'postgres/data/postmaster.pid'), 'utf8'), 10);
      return processesIn(this.#postgresFolder()).includes(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Process ids of all that runs on this folder: PostgreSQL with its children, initdb. Not the server. */
  get postgresProcesses(): readonly number[] {
    return processesIn(this.#postgresFolder());
  }

  /** A statement through the private socket, as superuser. bigint arrives as text or number, as pg is set. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({
      host: join(this.dataDir, 'postgres/run'),
      port: 5432,
      user: 'parley',
      database: 'parley',
      application_name: 'test',
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql, [...parameters])).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** Ends whatever still runs here, and removes the folder with what PostgreSQL keeps elsewhere. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#launched) server.killGroup('SIGKILL');
    await Promise.all(this.#launched.map((server) => server.exited));
    const folder = this.#postgresFolder();
    // The postmaster first: children that lost their kin would be brought back by it.
    for (const pid of [this.postgresPid, ...processesIn(folder)]) kill(pid);
    await until(() => processesIn(folder).length === 0, 10_000);
    rmSync(folder, { recursive: true, force: true });
    this.#folder[Symbol.dispose]();
  }

  /** The real one, as `postgres` may be a link. */
  #postgresFolder(): string {
    const place = join(this.dataDir, 'postgres');
    try {
      return realpathSync(place);
    } catch {
      return place;
    }
  }
}

/** Waits until something is so, looking every few ms. Throws when it is not so in time. */
export async function until(isSo: () => boolean, boundMs: number): Promise<void> {
  const bound = Date.now() + boundMs;
  while (!isSo()) {
    if (Date.now() > bound) throw new Error(`it was not so within ${boundMs} ms: ${isSo}`);
    await delay(5);
  }
}

/** A promise with a bound; `explain` says what was awaited. */
export async function within<Value>(boundMs: number, promise: Promise<Value>, explain: () => string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(explain())), boundMs);
  });
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
  }
}

/** Processes that work in a folder: the children of PostgreSQL hide their command line, their folder they keep. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const work = readlinkSync(`/proc/${pid}/cwd`);
        return work === folder || work.startsWith(`${folder}/`);
      } catch {
        return false;
      }
    });
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
