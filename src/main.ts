import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { startNode } from './compose-node.ts';
import { type Config, findUnknownSettings, loadConfig, readEnvironment } from './config.ts';
import { classifyDatabaseError } from './db/database-error.ts';
import { shareDrain } from './drain.ts';
import { createLog, type Log } from './observe/log.ts';
import { defaultTransportSettings, type TransportSettings } from './transport/settings.ts';

/** The process: settings in, one node, signals out. Started in the project folder. */
const projectFolder = process.cwd();

/** By what PARLEY_DELETED_CONTENT says; the first is done where the person says nothing. */
const deletedContents = { choose: ['ERASE', 'KEEP'], erase: ['ERASE'], keep: ['KEEP'] } as const;

/** Expected reasons not to start: their message says all, a stack would hide it. */
const plainErrors = new Set([
  'AddressTaken',
  'AddressUnusable',
  'ConfigError',
  'DataFolderInUse',
  'EmbeddedPostgresError',
  'DataIsNewer',
  'MigrationRefused',
]);

/**
 * The heap is collected when it has grown by so much. Left to itself V8 lets it grow threefold, where little of it is in use
 * and much is thrown away: a reader of 100,000 missed messages took 145 MiB on top of 98 for its time, and takes 69, as fast.
 */
setFlagsFromString('--heap-growing-percent=80');

await main();

async function main(): Promise<void> {
  try {
    const environment = readEnvironment(projectFolder);
    const config = loadConfig(environment);
    const log = createLog(config.log);
    for (const name of findUnknownSettings(environment)) log.warn({ name }, 'a setting that Parley does not know');
    await run(config, log);
  } catch (error) {
    console.error(whyNot(error));
    process.exit(1);
  }
}

/** One line where the reason is expected. */
function whyNot(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (plainErrors.has(error.name)) return error.message;
  if (classifyDatabaseError(error) !== 'other') return `PostgreSQL cannot be used: ${reasonOf(error)}`;
  return 'syscall' in error ? error.message : error;
}

/** Of the last cause that has one: Drizzle's own message is the statement, and one error for several addresses has none. */
function reasonOf(error: Error): string {
  const inner = error.cause ?? (error instanceof AggregateError ? error.errors[0] : null);
  return inner instanceof Error ? reasonOf(inner) : error.message;
}

async function run(config: Config, log: Log): Promise<void> {
  const startedAt = performance.now();
  const stopping = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    log.info({ signal }, signal === 'SIGINT' ? 'stopping; Ctrl-C again stops at once' : 'stopping');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };

  const starting = startNode(settingsOf(config), log, stopping.signal);
  // A start that was cut short has stopped its parts itself.
  const stop = () => {
    exitInTime(config, log);
    return starting.then((node) => node.stop(), ignore);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const node = await starting.catch((error: unknown) => {
    if (stopping.signal.aborted) process.exit(0);
    throw error;
  });
  node.lost.then(async (error) => {
    log.error({ err: error }, 'this node cannot go on');
    exitInTime(config, log);
    await node.stop();
    process.exit(1);
  }, ignore);
  if (stopping.signal.aborted) return;
  console.log(greeting(node.url, Math.round(performance.now() - startedAt)));
}

/** A database that hangs must not keep the process: what is acknowledged is in the log anyway. */
function exitInTime({ http, database }: Config, log: Log): void {
  const { exitMs } = shareDrain({ ...http, hasOwnPostgres: database.url === null });
  setTimeout(() => {
    log.error({ afterMs: exitMs }, 'the stop did not come to its end in time');
    process.exit(1);
  }, exitMs).unref();
}

function settingsOf(config: Config): Parameters<typeof startNode>[0] {
  const clientFolder = join(projectFolder, 'dist', 'client');
  return {
    databaseUrl: config.database.url,
    databaseDirectUrl: config.database.directUrl,
    redisUrl: config.redis.url,
    dataDir: config.database.dataDir,
    poolSize: config.database.poolSize,
    hasDemo: config.demo.isOn,
    guestDays: config.guests.keepDays,
    memberDays: config.accounts.keepDays,
    logKeepDays: config.events.keepDays,
    retention: config.retention,
    deletedContent: deletedContents[config.accounts.deletedContent],
    passkeyDomain: config.passkeys.domain,
    passwords: { atOnce: config.accounts.passwordsAtOnce, waiting: config.accounts.passwordsWaiting },
    sendQueueHighBytes: config.hub.sendQueueHighBytes,
    checkpointIntervalMs: config.hub.checkpointIntervalMs,
    messageTextCodePoints: config.limits.messageTextCodePoints,
    transport: transportSettingsOf(config),
    clientFolder: existsSync(clientFolder) ? clientFolder : null,
    version: (JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string }).version,
  };
}

function transportSettingsOf({ http, limits, socket, hub, rates, oidc }: Config): TransportSettings {
  const base = defaultTransportSettings;
  const inTenSeconds = (count: number) => ({ count, windowMs: 10_000 });
  const inAnHour = (count: number) => ({ count, windowMs: 3_600_000 });
  return {
    ...http,
    provider: providerSettingsOf(oidc),
    document: { ...base.document, maxDepth: limits.operationDepth, maxCost: limits.operationCost },
    socket: {
      ...base.socket,
      messageLimitBytes: socket.payloadLimitBytes,
      initTimeoutMs: socket.initTimeoutMs,
      sendQueueLowBytes: hub.sendQueueLowBytes,
      subscriptionsPerSocket: socket.subscriptionsPerSocket,
      socketsPerUser: socket.socketsPerUser,
    },
    eventStream: base.eventStream,
    rates: {
      operations: inTenSeconds(rates.operationsPer10Seconds),
      sends: inTenSeconds(rates.sendsPer10Seconds),
      typing: inTenSeconds(rates.typingPer10Seconds),
      guests: inAnHour(rates.guestsPerHour),
      signUps: inAnHour(rates.signUpsPerHour),
      signIns: inAnHour(rates.signInsPerHour),
      passwords: inAnHour(rates.passwordsPerHour),
      changes: inAnHour(rates.roomsPerHour),
      exports: inAnHour(rates.exportsPerHour),
    },
  };
}

function providerSettingsOf(oidc: Config['oidc']): TransportSettings['provider'] {
  const { issuer, clientId, clientSecret, clientSecretFile, label, isSignUpOpen } = oidc;
  if (issuer === null || clientId === null) return null;
  const secret = clientSecretFile === null ? clientSecret : readFileSync(clientSecretFile, 'utf8').trim();
  return { issuer, clientId, clientSecret: secret, label, isSignUpOpen };
}

function greeting(url: string, readyMs: number): string {
  return [
    `Parley is ready (${readyMs} ms).`,
    `  chat      ${url}/`,
    `  GraphiQL  ${url}/graphql`,
    '  stop      Ctrl-C',
  ].join('\n');
}

function ignore(): void {}
