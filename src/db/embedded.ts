/**
 * A PostgreSQL of Parley's own, in a data folder, on a private Unix socket.
 *
 *   claiming → owned ⇄ recovering → stopping → stopped
 *                            └→ lost
 *
 * claiming    looks for a running one; starts one where nobody listens; waits for one that starts or stops.
 * owned       a session of ours holds the owner lock. One Parley alone can be here.
 * recovering  that session broke: PostgreSQL died or restarts. Claims again, with back-off, for as long as it takes.
 * lost        another Parley became the owner meanwhile. This one must end.
 *
 * PostgreSQL outlives a Parley that is killed; the next one claims it and goes on (`takenOver`).
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { lock } from 'proper-lockfile';
import type { DatabaseLog } from './connection.ts';
import { type Binaries, prepareBinaries, removeOldBinaries } from './embedded-binaries.ts';
import { DataFolderInUse, EmbeddedPostgresError } from './embedded-error.ts';
import { type EmbeddedHome, prepareHome } from './embedded-home.ts';
import { claimOwnership, createDatabaseOnce, findUnsafeSetting, socketPort } from './embedded-owner.ts';
import {
  abandonStart,
  findFlock,
  isOurPostmaster,
  lockHeldExitCode,
  readPostmasterPid,
  type StartedProcess,
  startPostmaster,
  stopPostmaster,
  superuser,
} from './embedded-postmaster.ts';

export { DataFolderInUse, EmbeddedPostgresError } from './embedded-error.ts';

export interface EmbeddedPostgresOptions {
  /** The folder that the operator named; made where it is missing. */
  readonly dataDir: string;
  readonly log: DatabaseLog;
  /** Settings of PostgreSQL that win over ours and over postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Aborted while it starts: what was started is ended, and the start rejects. Later it has no effect. */
  readonly signal?: AbortSignal;
  /** How long starting, recovery of a crash included, may take. */
  readonly startBoundMs?: number;
  /** How long a stop may take when it is not told, and the end of a start that is aborted. Default 15 s. */
  readonly stopBoundMs?: number;
  /** Where the database goes when the user of PostgreSQL cannot reach dataDir. Default /var/lib/parley. */
  readonly elsewhere?: string;
  /** False takes a lock file in place of flock(1). Default: whether flock(1) is installed. */
  readonly useFlock?: boolean;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Of the running PostgreSQL; another after it was restarted. */
  readonly pid: number;
  /** It was running already: the Parley before was killed. */
  readonly takenOver: boolean;
  /** Resolves once it is over: asked for (`stopped`), or because another Parley owns the folder (`lost`). */
  readonly exited: Promise<EmbeddedExit>;
  /**
   * Ends all sessions, writes a checkpoint, waits until PostgreSQL is gone; cuts it when the time is nearly over, and
   * returns in time though it should not have ended. May be called twice.
   */
  stop(withinMs?: number): Promise<void>;
}

export type EmbeddedExit = { readonly reason: 'stopped' } | { readonly reason: 'lost'; readonly error: Error };

/** How long a lock may be held by a PostgreSQL that does not answer: one that is starting, stopping or being buried. */
const silentLockBoundMs = 15_000;
/** The session of a killed Parley is gone at once; this is for a loaded machine. */
const heldBoundMs = 1_000;
const retryLongestMs = 5_000;
const farewellBoundMs = 1_000;
const stopBoundMs = 15_000;

/**
 * Starts, or takes over, the PostgreSQL of a data folder, and keeps it running until `stop`. Throws DataFolderInUse
 * when another Parley lives on it, and EmbeddedPostgresError, one line each, when it cannot be started or trusted.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = await prepareHome(options);
  const binaries = prepareBinaries(home.home);
  refuseOtherMajor(home, binaries);
  const hasFlock = options.useFlock ?? (await findFlock());
  const keeper = new PostgresKeeper(options, home, binaries, hasFlock);
  await keeper.start();
  return keeper;
}

class PostgresKeeper implements EmbeddedPostgres {
  readonly connection;
  readonly exited: Promise<EmbeddedExit>;
  pid = 0;
  takenOver = false;

  readonly #options: EmbeddedPostgresOptions;
  readonly #home: EmbeddedHome;
  readonly #binaries: Binaries;
  readonly #hasFlock: boolean;
  readonly #settle: (exit: EmbeddedExit) => void;
  readonly #stopRequest = new AbortController();
  #releaseLockFile: (() => Promise<void>) | undefined;
  #session: pg.Client | undefined;
  /** Started by us, running, and not yet owned. */
  #unowned: StartedProcess | undefined;
  #recovery: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: EmbeddedPostgresOptions, home: EmbeddedHome, binaries: Binaries, hasFlock: boolean) {
    this.#options = options;
    this.#home = home;
    this.#binaries = binaries;
    this.#hasFlock = hasFlock;
    this.connection = { host: home.runFolder, port: socketPort, user: superuser, database: superuser };
    let settle: (exit: EmbeddedExit) => void = () => undefined;
    this.exited = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
  }

  async start(): Promise<void> {
    const { signal } = this.#options;
    const abort = () => this.#stopRequest.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    try {
      await this.#claim();
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) await this.#abandon(this.#stopBoundMs);
      await this.#releaseLockFile?.();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    if (!this.takenOver) removeOldBinaries(this.#home.home, this.#binaries);
  }

  stop(withinMs = this.#stopBoundMs): Promise<void> {
    this.#stopping ??= this.#stop(withinMs);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #stopBoundMs(): number {
    return this.#options.stopBoundMs ?? stopBoundMs;
  }

  async #stop(withinMs: number): Promise<void> {
    const endsAt = performance.now() + withinMs;
    const leftMs = () => Math.max(0, endsAt - performance.now());
    this.#stopRequest.abort();
    // An attempt to bring it back may wait for the answer of a frozen one.
    await atMost(leftMs() / 2, this.#recovery);
    const { pid } = this;
    // The owner lock goes with PostgreSQL, not before it: in between, another Parley would take over what is ending.
    if (this.#session === undefined) await atMost(leftMs(), this.#abandon(leftMs()));
    else if (!(await stopPostmaster(pid, this.#home, leftMs()))) {
      this.#options.log.error({ pid }, 'the embedded PostgreSQL has not ended yet; the next start waits for it');
    }
    // Its end is the answer of PostgreSQL, which a frozen one does not give.
    await atMost(Math.min(leftMs(), farewellBoundMs), this.#session?.end());
    await this.#releaseLockFile?.().catch(() => undefined);
    this.#settle({ reason: 'stopped' });
  }

  /** Ends a PostgreSQL that we started and do not own yet. One that another Parley owns by now is not ours to end. */
  async #abandon(withinMs: number): Promise<void> {
    if (this.#unowned !== undefined) await abandonStart(this.#unowned, this.#home, withinMs);
  }

  /** claiming → owned, or throws. */
  async #claim(): Promise<void> {
    const begun = Date.now();
    const bound = begun + (this.#options.startBoundMs ?? 120_000);
    let started: StartedProcess | undefined;
    let ended: { code: number | null; output: string } | undefined;
    let heldSince: number | undefined;
    let silentSince: number | undefined;

    while (Date.now() < bound) {
      this.#stopRequest.signal.throwIfAborted();
      const claim = await claimOwnership(this.#home);
      if (claim.state === 'owned') {
        if (await this.#accept(claim.session, started)) return;
        continue;
      }
      if (claim.state === 'held') {
        heldSince ??= Date.now();
        if (Date.now() - heldSince > heldBoundMs) {
          throw new DataFolderInUse(this.#home.dataDir, claim.holder ?? 'a process that ended just now');
        }
      }
      if (claim.state === 'absent') {
        if (started !== undefined && ended !== undefined) {
          if (!isTransient(ended)) throw new EmbeddedPostgresError(explain(ended, this.#home));
          silentSince ??= Date.now();
          if (Date.now() - silentSince > silentLockBoundMs) throw new DataFolderInUse(this.#home.dataDir);
          await delay(50);
          started = undefined;
          ended = undefined;
        }
        if (started === undefined) {
          const process = await this.#startProcess();
          started = process;
          this.#unowned = process;
          void process.ended.then((end) => {
            if (started === process) ended = end;
            if (this.#unowned === process) this.#unowned = undefined;
          });
        }
      }
      await this.#untilSomethingListens(() => ended !== undefined);
    }
    throw new EmbeddedPostgresError(`PostgreSQL did not answer within its bound: see ${this.#home.logFile}.`);
  }

  /** Decides whether what we own can be trusted. False: it was of another version, and has been stopped. */
  async #accept(session: pg.Client, started: StartedProcess | undefined): Promise<boolean> {
    const pid = readPostmasterPid(this.#home);
    if (pid === undefined || !(await isOurPostmaster(pid, this.#home))) {
      await session.end();
      throw new DataFolderInUse(this.#home.dataDir, 'its PostgreSQL runs in another container');
    }
    const takenOver = pid !== started?.pid;
    try {
      const { rows } = await session.query<{ server_version: string }>('SHOW server_version');
      const isOurVersion = this.#binaries.version.startsWith(`${rows[0]?.server_version}.`);
      const unsafe = await findUnsafeSetting(session);
      if ((takenOver && !isOurVersion) || unsafe !== undefined) {
        await stopPostmaster(pid, this.#home, this.#stopBoundMs);
        await session.end().catch(() => undefined);
        if (unsafe === undefined) return false;
        throw new EmbeddedPostgresError(
          `The embedded PostgreSQL runs with ${unsafe}, and would lose messages in a crash: remove that from its settings.`,
        );
      }
      await createDatabaseOnce(session);
    } catch (error) {
      await session.end().catch(() => undefined);
      throw error;
    }
    if (!takenOver) syncFolder(this.#home.home);
    this.pid = pid;
    this.takenOver = takenOver;
    this.#unowned = undefined;
    started?.unref();
    this.#session = session;
    session.once('end', () => this.#recover());
    return true;
  }

  async #startProcess(): Promise<StartedProcess> {
    if (!this.#hasFlock) this.#releaseLockFile ??= await this.#takeLockFile();
    return startPostmaster({
      home: this.#home,
      binaries: this.#binaries,
      hasFlock: this.#hasFlock,
      settings: this.#options.settings ?? {},
    });
  }

  /** The stand-in for flock(1): renewed while Parley lives, stale 5 s after it was killed. */
  async #takeLockFile(): Promise<() => Promise<void>> {
    const retries = { retries: 30, minTimeout: 250, maxTimeout: 250 };
    try {
      return await lock(this.#home.home, {
        stale: 5_000,
        update: 1_000,
        retries,
        onCompromised: (error) =>
          this.#options.log.warn({ err: error }, 'the lock file of the data folder was not renewed in time'),
      });
    } catch {
      throw new DataFolderInUse(this.#home.dataDir);
    }
  }

  async #untilSomethingListens(hasEnded: () => boolean): Promise<void> {
    const socket = join(this.#home.runFolder, `.s.PGSQL.${socketPort}`);
    for (let turn = 0; turn < 10; turn += 1) {
      await delay(5);
      if (hasEnded() || existsSync(socket)) return;
    }
  }

  /** owned → recovering → owned, lost, or stopping. */
  #recover(): void {
    this.#session = undefined;
    if (this.#stopRequest.signal.aborted) return;
    this.#options.log.error({ pid: this.pid }, 'the embedded PostgreSQL broke off; bringing it back');
    this.#recovery = this.#claimUntilOwned().catch((error: Error) => {
      if (this.#stopRequest.signal.aborted) return;
      this.#options.log.error({ reason: error.message }, 'another Parley owns the data folder now');
      this.#settle({ reason: 'lost', error });
    });
  }

  /** Throws when another Parley owns the folder, or when a stop was asked for. */
  async #claimUntilOwned(): Promise<void> {
    const begun = Date.now();
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, retryLongestMs)) {
      try {
        await this.#claim();
        this.#options.log.info({ pid: this.pid, tookMs: Date.now() - begun }, 'the embedded PostgreSQL is back');
        return;
      } catch (error) {
        // A lock without an owner in sight is held by what is left of the PostgreSQL before: it will go.
        const isLost = error instanceof DataFolderInUse && error.holder !== undefined;
        if (isLost || this.#stopRequest.signal.aborted) throw error;
        this.#options.log.error(
          { reason: (error as Error).message },
          'the embedded PostgreSQL did not come back; trying again',
        );
      }
      await delay(waitMs, undefined, { signal: this.#stopRequest.signal });
    }
  }
}

/** Waits for something for so long at most; a failure is its end too. */
async function atMost(boundMs: number, awaited: Promise<unknown> | undefined): Promise<void> {
  const bound = new AbortController();
  const ended = Promise.resolve(awaited).catch(() => undefined);
  await Promise.race([ended, delay(boundMs, undefined, { signal: bound.signal }).catch(() => undefined)]);
  bound.abort();
}

/** Somebody holds the lock, or the children of a killed PostgreSQL are not gone yet: both pass. */
function isTransient(end: { code: number | null; output: string }): boolean {
  return (
    end.code === lockHeldExitCode || /pre-existing shared memory block|lock file .* already exists/.test(end.output)
  );
}

function explain(end: { code: number | null; output: string }, home: EmbeddedHome): string {
  const lines = end.output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /FATAL|PANIC|error:|could not/.test(line)).pop() ?? lines.pop();
  return `PostgreSQL did not start: ${telling?.trim() ?? `it ended with code ${end.code}`} (see ${home.logFile})`;
}

function refuseOtherMajor(home: EmbeddedHome, binaries: Binaries): void {
  const file = join(home.dataFolder, 'PG_VERSION');
  if (!existsSync(file)) return;
  const major = readFileSync(file, 'utf8').trim();
  if (binaries.version.startsWith(`${major}.`)) return;
  throw new EmbeddedPostgresError(
    `The data in ${home.dataDir} was written by PostgreSQL ${major}, and this Parley brings ${binaries.version}: export it with the Parley that wrote it and import it here.`,
  );
}

/** The rename that ended initdb must not be lost in a power cut, when rows are committed below it. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
