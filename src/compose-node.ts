import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SignInMethod } from '../schema/context.ts';
import type { PasskeySite } from './chat/accounts/passkey-proof.ts';
import { passkeySiteOf } from './chat/accounts/passkey-site.ts';
import type { Command } from './chat/command.ts';
import type { DeletedContent } from './chat/contract.ts';
import type { Decided } from './chat/decision.ts';
import type { Facts } from './chat/facts.ts';
import type { MessageId } from './chat/model.ts';
import { avatarLimits } from './chat/profiles/avatars-picture.ts';
import { apiTokensPerAccount } from './chat/programs/api-token-rules.ts';
import { botsPerOwner } from './chat/programs/bot-rules.ts';
import { Reading } from './chat/reading.ts';
import type { RetentionBounds } from './chat/retention/retention.ts';
import { createChatRules } from './chat/rules.ts';
import { textLimits } from './chat/text.ts';
import { type EngineParts, type RunningEngine, startEngine } from './compose.ts';
import { type Database, type DatabaseConnection, openDatabase } from './db/connection.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './db/embedded.ts';
import { newId } from './db/id.ts';
import { migrate } from './db/migrate.ts';
import { findPooler } from './db/pooler.ts';
import type { Queryable } from './db/queryable.ts';
import { poolQueryable } from './db/snapshot.ts';
import { startBot } from './demo/bot.ts';
import { lacksDemo, seedDemo } from './demo/seed.ts';
import { shareDrain } from './drain.ts';
import { Committer, type CommitterLimits } from './log/append.ts';
import { ensureBusKey, ensureLogState } from './log/head.ts';
import { randomTag } from './log/tag.ts';
import type { Log } from './observe/log.ts';
import { START_PATH } from './transport/oidc.ts';
import { startTransport } from './transport/server.ts';
import type { TransportSettings } from './transport/settings.ts';

export interface NodeSettings {
  /** Null: an embedded PostgreSQL in dataDir. */
  readonly databaseUrl: string | null;
  /** Where to listen for commits; null: at databaseUrl. */
  readonly databaseDirectUrl: string | null;
  /** Null: this is the only node on its database. */
  readonly redisUrl: string | null;
  readonly dataDir: string;
  readonly poolSize: number;
  readonly hasDemo: boolean;
  readonly guestDays: number;
  readonly memberDays: number;
  /** Null: the log is never trimmed. */
  readonly logKeepDays: number | null;
  readonly retention: RetentionBounds;
  readonly deletedContent: readonly [DeletedContent, ...DeletedContent[]];
  /** Null: the host of the public URL. */
  readonly passkeyDomain: string | null;
  readonly passwords: { readonly atOnce: number; readonly waiting: number };
  readonly sendQueueHighBytes: number;
  readonly checkpointIntervalMs: number;
  readonly messageTextCodePoints: number;
  /** Absent: the committer's own. */
  readonly committer?: Partial<CommitterLimits>;
  /** Absent: the engine's own. */
  readonly parts?: Partial<EngineParts>;
  readonly transport: TransportSettings;
  readonly clientFolder: string | null;
  readonly version: string;
}

export interface RunningNode extends AsyncDisposable {
  readonly url: string;
  readonly engine: RunningEngine;
  /** Resolves with the reason when the node cannot go on: another Parley took its data folder, or the log went back. */
  readonly lost: Promise<Error>;
  /**
   * Drains and stops all that was started, in the order that loses nothing; with a PostgreSQL of its own within the time
   * of the drain. Idempotent.
   */
  stop(): Promise<void>;
}

/** HOST is not of this machine, or its name is not known. */
export class AddressUnusable extends Error {
  override readonly name = 'AddressUnusable';

  constructor({ host, port }: TransportSettings, cause: Error) {
    super(`There is no listening on port ${port} of ${host}: ${cause.message}`, { cause });
  }
}

/** Another process listens where this node should. The message is one line. */
export class AddressTaken extends Error {
  override readonly name = 'AddressTaken';

  constructor({ host, port }: TransportSettings, cause: unknown) {
    super(
      `Port ${port} of ${host} is taken by another process: stop that one, or choose another with PORT; 0 takes a free one.`,
      { cause },
    );
  }
}

/** A commit that waits longer for the lock, or idles longer inside a transaction, gives the others their turn. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Starts one node: database, engine, demo, transport. What was started is stopped again when a later part fails, or
 * when the signal aborts the start.
 */
export async function startNode(settings: NodeSettings, log: Log, signal?: AbortSignal): Promise<RunningNode> {
  const started = new StartedParts(settings, log);
  try {
    return await startParts(settings, log, started, signal);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** What runs, and how it is stopped: in reverse. */
class StartedParts {
  /** In the order of their starts. */
  readonly parts: (() => Promise<void>)[] = [];
  /** Behind all of them; null: a database of somebody else's. */
  postgres: EmbeddedPostgres | null = null;
  readonly #settings: NodeSettings;
  readonly #log: Log;
  #stopping: Promise<void> | undefined;

  constructor(settings: NodeSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { postgres } = this;
    if (postgres === null) return this.#stopParts();
    const startedAt = performance.now();
    const { postgresFromMs, postgresByMs } = drainTimesOf(this.#settings);
    const timer = new AbortController();
    const late = delay(postgresFromMs, 'late', { signal: timer.signal }).catch(() => 'stopped');
    // What still waits then waits for PostgreSQL, and ends with it.
    if ((await Promise.race([this.#stopParts(), late])) === 'late')
      this.#log.error({ afterMs: postgresFromMs }, 'the database is stopped before the parts that use it');
    timer.abort();
    await postgres.stop(Math.max(0, postgresByMs - (performance.now() - startedAt)));
  }

  async #stopParts(): Promise<void> {
    for (let stop = this.parts.pop(); stop; stop = this.parts.pop()) {
      await stop().catch((error: unknown) => this.#log.error({ err: error }, 'a part did not stop well'));
    }
  }
}

function drainTimesOf({ transport, databaseUrl }: NodeSettings) {
  const { drainDelayMs, drainMs } = transport;
  return shareDrain({ drainDelayMs, drainMs, hasOwnPostgres: databaseUrl === null });
}

async function startParts(
  settings: NodeSettings,
  log: Log,
  started: StartedParts,
  signal: AbortSignal | undefined,
): Promise<RunningNode> {
  let lost = new Promise<Error>(() => undefined);
  let connection: DatabaseConnection;
  if (settings.databaseUrl === null) {
    const postgres = await startEmbeddedPostgres({
      dataDir: settings.dataDir,
      log,
      stopBoundMs: settings.transport.drainMs,
      ...(signal && { signal }),
    });
    started.postgres = postgres;
    connection = postgres.connection;
    lost = postgres.exited.then((exit) => (exit.reason === 'lost' ? exit.error : new Promise<never>(() => undefined)));
  } else {
    connection = { connectionString: settings.databaseUrl };
  }
  const isPooled = settings.databaseUrl !== null && (await findPooler(connection));
  const bellConnection = await findBell(settings, isPooled, log);
  const database = openDatabase({ connection, isPooled, poolSize: settings.poolSize, applicationName: 'parley', log });
  started.parts.push(() => database.close());
  const commits = openDatabase({
    connection,
    isPooled,
    isPipelined: true,
    poolSize: 1,
    applicationName: 'parley committer',
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    idleInTransactionTimeoutMs: LOCK_TIMEOUT_MS,
    log,
  });
  started.parts.push(() => commits.close());
  await migrate(database, { migrationsFolder: fileURLToPath(new URL('./db/migrations', import.meta.url)) });

  signal?.throwIfAborted();
  const source = poolQueryable(database.pool);
  await ensureLogState(source, randomBytes(8).toString('hex'), randomTag());
  await ensureBusKey(source, randomBytes(32).toString('hex'));
  if (settings.hasDemo) await seed(source, commits, log);
  const { publicUrl, allowedOrigins } = settings.transport;
  const passkeySite = passkeySiteOf({ publicUrl, allowedOrigins, domain: settings.passkeyDomain });
  const engine = await startEngine({
    database,
    commits,
    log,
    clock: Date.now,
    server: serverFacts(settings, passkeySite),
    redisUrl: settings.redisUrl,
    bellConnection,
    settings: { ...settings, passkeySite },
  });
  started.parts.push(() => engine.stop());
  if (settings.hasDemo) started.parts.push(startDemo(engine, source, log));
  const transport = { ...settings.transport, drainMs: drainTimesOf(settings).transportMs };
  const { clientFolder } = settings;
  const door = await startTransport({ engine, settings: transport, log, clientFolder }).catch((error: unknown) => {
    if (isTaken(error)) throw new AddressTaken(transport, error);
    throw error instanceof Error && 'syscall' in error ? new AddressUnusable(transport, error) : error;
  });
  started.parts.push(() => door.close());

  const stop = () => started.stop();
  return { url: door.url, engine, lost: Promise.race([lost, engine.hub.lost]), stop, [Symbol.asyncDispose]: stop };
}

/** Where to listen for commits; null: nowhere. Parley's own PostgreSQL has one node only, which needs no bell. */
async function findBell(settings: NodeSettings, isPooled: boolean, log: Log): Promise<DatabaseConnection | null> {
  const { databaseUrl, databaseDirectUrl } = settings;
  if (databaseUrl === null) return null;
  // One that does not answer now may lead past the pooler: the bell tries it again and again.
  const isDirectPooled = async (connectionString: string) => findPooler({ connectionString }).catch(() => false);
  const isInVain = databaseDirectUrl === null ? isPooled : await isDirectPooled(databaseDirectUrl);
  if (!isInVain) return { connectionString: databaseDirectUrl ?? databaseUrl };
  const setting = databaseDirectUrl === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
  log.warn({ setting }, 'a pooler stands before PostgreSQL: LISTEN needs a DATABASE_DIRECT_URL that leads past it');
  return null;
}

/** By a committer of its own, whose clock is that of the history. */
async function seed(source: Queryable, commits: Database, log: Log): Promise<void> {
  if (!(await lacksDemo(source))) return;
  let at = Date.now();
  const past = new Committer<Command, Facts, Decided>({
    pool: commits.pool,
    rules: createChatRules(),
    onCommitted: () => undefined,
    log,
    clock: () => at,
    randomTag,
  });
  await seedDemo({
    database: source,
    newId,
    now: Date.now(),
    submit(command, time) {
      at = time;
      return past.submit(command);
    },
  });
}

function startDemo({ hub, services }: RunningEngine, source: Queryable, log: Log): () => Promise<void> {
  const { commands, typing } = services;
  const readMessage = async (id: MessageId) => new Reading(source).messages.load(id);
  const bot = startBot({ hub, commands, typing, readMessage, log, random: Math.random, clock: Date.now });
  return () => bot.stop();
}

function serverFacts(settings: NodeSettings, passkeySite: PasskeySite | null) {
  const { transport, messageTextCodePoints, retention, version } = settings;
  return {
    version,
    apiLevel: 1,
    features: ['graphql-transport-ws', 'graphql-sse', 'log-cursors', 'client-keys'],
    signInMethods: signInMethods(transport, passkeySite),
    messageRetention: retention,
    limits: {
      pageSize: 100,
      messageTextCodePoints,
      ...textLimits,
      ...avatarLimits,
      requestBodyBytes: transport.bodyLimitBytes,
      operationDepth: transport.document.maxDepth,
      operationCost: transport.document.maxCost,
      subscriptionsPerSocket: transport.socket.subscriptionsPerSocket,
      apiTokensPerAccount,
      botsPerOwner,
    },
  };
}

function signInMethods({ provider }: TransportSettings, passkeySite: PasskeySite | null): readonly SignInMethod[] {
  const own = passkeySite ? (['GUEST', 'PASSWORD', 'PASSKEY'] as const) : (['GUEST', 'PASSWORD'] as const);
  const methods = own.map((kind) => ({ kind, label: null, path: null }));
  return provider ? [...methods, { kind: 'PROVIDER', label: provider.label, path: START_PATH }] : methods;
}

function isTaken(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'EADDRINUSE';
}
