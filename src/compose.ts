import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../schema/context.ts';
import { schema } from '../schema/index.ts';
import type { Bus, BusHealth } from './bus/bus.ts';
import { createMemoryBus } from './bus/memory.ts';
import { createRedisBus } from './bus/redis.ts';
import { RedisLink } from './bus/redis-link.ts';
import { createAccounts } from './chat/accounts/accounts.ts';
import { createChallenges, deriveKey, spendChallenge } from './chat/accounts/challenges.ts';
import { credentialsEndedBy, EndedCredentials } from './chat/accounts/credentials.ts';
import { Hashers } from './chat/accounts/hashers.ts';
import { createIdentities } from './chat/accounts/identities.ts';
import { createKnownPlaces } from './chat/accounts/known-places.ts';
import { createSessionMaker } from './chat/accounts/new-session.ts';
import { createSessionOpener } from './chat/accounts/open-session.ts';
import type { PasskeySite } from './chat/accounts/passkey-proof.ts';
import { createPasskeys } from './chat/accounts/passkeys.ts';
import { createPasswords } from './chat/accounts/passwords.ts';
import { startSweep } from './chat/accounts/session-sweep.ts';
import { createSessions } from './chat/accounts/sessions.ts';
import type { Command } from './chat/command.ts';
import { createCommands } from './chat/commands.ts';
import type { DeletedContent } from './chat/contract.ts';
import type { Decided } from './chat/decision.ts';
import { readEventPage } from './chat/event-pages.ts';
import { changedSubjectOf, loadEventRows, messageKinds, subjectsOf } from './chat/event-rows.ts';
import type { Facts } from './chat/facts.ts';
import { createDeletions } from './chat/leaving/deletion.ts';
import { startErasures } from './chat/leaving/erasure.ts';
import { membershipChangeOf, readMembership } from './chat/membership.ts';
import type { CredentialId, Viewer } from './chat/model.ts';
import { readNewestSent } from './chat/newest-messages.ts';
import { createAvatars } from './chat/profiles/avatars.ts';
import { avatarLimits } from './chat/profiles/avatars-picture.ts';
import { isApiToken, newApiTokenSecret } from './chat/programs/api-token-text.ts';
import { createApiTokens } from './chat/programs/api-tokens.ts';
import { createBots } from './chat/programs/bots.ts';
import { queries } from './chat/queries.ts';
import { Reading } from './chat/reading.ts';
import { isRefused } from './chat/refusal.ts';
import type { RetentionBounds } from './chat/retention/retention.ts';
import { startScrubs } from './chat/retention/scrubs.ts';
import { readMembersAmong, readSomeMembers } from './chat/room-members.ts';
import { readsOf, rowsOf } from './chat/row-source.ts';
import { type ChatRules, createChatRules } from './chat/rules.ts';
import { beginOperation, StreamContext } from './compose-context.ts';
import { exportLines } from './compose-export.ts';
import type { Database, DatabaseConnection } from './db/connection.ts';
import { newId } from './db/id.ts';
import type { Queryable } from './db/queryable.ts';
import { pagesQueryable, poolQueryable, Snapshot } from './db/snapshot.ts';
import { type CompilationLimits, createExecutor } from './hub/compiled-execution.ts';
import { type HubOptions, type RunningHub, startHub } from './hub/hub.ts';
import { type ExecutionScope, planStream } from './hub/stream-execution.ts';
import { Committer, type CommitterLimits } from './log/append.ts';
import { Bell } from './log/bell.ts';
import { createCursorCodec } from './log/cursor.ts';
import { readBusKey, readEpoch, readMark, readPlace } from './log/head.ts';
import type { Position } from './log/position.ts';
import { readPage, readRange } from './log/read.ts';
import { randomTag } from './log/tag.ts';
import { startTrims } from './log/trim.ts';
import { Fault } from './observe/fault.ts';
import type { Log } from './observe/log.ts';
import type { Presence, Typing } from './presence/contract.ts';
import { createMemoryPresence, createMemoryTyping } from './presence/memory.ts';
import { startRedisTyping } from './presence/redis.ts';
import { startRedisPresence } from './presence/redis-presence.ts';
import type { Engine } from './transport/contract.ts';
import { maskError } from './transport/errors.ts';

export interface EngineOptions {
  /** For reads: snapshots, pages, sessions. */
  readonly database: Database;
  /** For the committer alone. */
  readonly commits: Database;
  readonly log: Log;
  readonly clock: () => number;
  readonly server: Services['server'];
  /** Null: this is the only node. */
  readonly redisUrl: string | null;
  /** Where to listen for commits of other nodes; null: there are none. */
  readonly bellConnection: DatabaseConnection | null;
  readonly settings: {
    readonly guestDays: number;
    readonly memberDays: number;
    /** Passwords that are hashed at once, and how many more wait. */
    readonly passwords: { readonly atOnce: number; readonly waiting: number };
    /** What may become of the messages of who deletes their account. */
    readonly deletedContent: readonly [DeletedContent, ...DeletedContent[]];
    /** Null: the log is never trimmed. */
    readonly logKeepDays: number | null;
    readonly retention: RetentionBounds;
    /** Null: passkeys cannot be had where people reach this server. */
    readonly passkeySite: PasskeySite | null;
    readonly sendQueueHighBytes: number;
    readonly checkpointIntervalMs: number;
    readonly committer?: Partial<CommitterLimits>;
    /** In place of the engine's own; absent: none. */
    readonly parts?: Partial<EngineParts>;
  };
}

/** Parts on which promises rest. Tests put a weaker one in the place of one of them, and show what it was for. */
export interface EngineParts {
  readonly rules: ChatRules;
  readonly membershipChangeOf: typeof membershipChangeOf;
  readonly newTail: NonNullable<HubOptions['newTail']>;
  /** When documents of subscriptions are compiled. */
  readonly compilation: Partial<CompilationLimits>;
}

export interface RunningEngine extends Engine {
  readonly services: Services;
  readonly committer: Committer<Command, Facts, Decided>;
  readonly hub: RunningHub;
  readonly nodes: NodesHealth;
  /** Settles the writes that were taken, ends the streams. */
  stop(): Promise<void>;
}

/** How this node hears of the others; none of it decides what is delivered, only how soon. */
export interface NodesHealth {
  /** Null without Redis. */
  readonly bus: BusHealth | null;
  /** Commits are told by PostgreSQL too. */
  readonly isListening: boolean;
  /** When events were last read from the log because nothing else had brought them; null: never. */
  readonly repairedAt: Date | null;
}

/** Within this time a node has handed out what was committed before, by any likelihood. */
const NEWS_MS = 500;
const DAY_MS = 86_400_000;
/** Ended and expired sessions are deleted this often; they are void without. */
const SWEEP_MS = 60_000;

/** Puts log, chat, hub and schema together on a migrated database whose log has its state. */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { database, commits, log, clock, server, settings } = options;
  const { parts = {} } = settings;
  const source = poolQueryable(database.pool);
  const pages = pagesQueryable(database.pool);
  const epoch = await readEpoch(source);
  const cursors = createCursorCodec(epoch);
  const { bus, typing, presence, link, ...news } = await startNews(options, epoch, source);
  const ended = new EndedCredentials();
  const hub = await startHub({
    bus,
    source: {
      readHead: () => readMark(source),
      readPlace: (position) => readPlace(source, position),
      readRange: (range) => readRange(source, range),
      readPage: (range, scope) => readPage(pages, range, scope),
      readNewest: (wanted) => readNewestSent(pages, wanted),
    },
    typing,
    presence,
    roomMembers: {
      readSome: (roomId, limit) => readSomeMembers(source, roomId, limit),
      readAmong: (roomId, userIds) => readMembersAmong(source, roomId, userIds),
    },
    loadMembership: (viewerId) => readMembership(source, viewerId),
    loadRows: async (events) => ({ ...(await loadEventRows(source, events)) }),
    membershipChangeOf: parts.membershipChangeOf ?? membershipChangeOf,
    ...(parts.newTail && { newTail: parts.newTail }),
    subjectsOf,
    changedSubjectOf,
    onHandedOut: (event) => ended.tell(credentialsEndedBy(event)),
    messageKinds,
    log,
    clock,
    settings,
  }).catch(async (error: unknown) => {
    await news.stop();
    throw error;
  });
  const { bellConnection: connection } = options;
  const onPosition = (position: Position) => hub.hear(position);
  const bell = connection && new Bell({ connection, onPosition, log, random: Math.random });
  const committer = new Committer<Command, Facts, Decided>({
    pool: commits.pool,
    rules: parts.rules ?? createChatRules(),
    onCommitted: (batch) => bus.publish(batch),
    log,
    clock,
    randomTag,
    limits: settings.committer ?? {},
  });
  const maker = createSessionMaker({
    clock,
    newId,
    newToken: () => `parley_${randomBytes(32).toString('base64url')}`,
    guestDays: settings.guestDays,
    memberDays: settings.memberDays,
  });
  const hashers = new Hashers();
  const passwords = createPasswords({ ...settings.passwords, hashing: hashers });
  const secret = await readBusKey(source);
  const opener = createSessionOpener({ database: source, committer, sessions: maker, log, clock });
  const stopSweep = startSweep({ pool: database.pool, log, intervalMs: SWEEP_MS });
  const avatars = createAvatars({ database: source, committer, log });
  const keepMs = settings.logKeepDays === null ? null : settings.logKeepDays * DAY_MS;
  const stopTrims = keepMs === null ? null : startTrims({ pool: database.pool, keepMs, log, clock });
  const erasures = startErasures({ database: source, committer, log });
  const scrubs = startScrubs({ database: source, committer, bounds: settings.retention, log, clock });
  const services: Services = {
    commands: createCommands({
      committer,
      newReading: () => new Reading(source),
      newId,
      newSlugSuffix: () => randomBytes(5).toString('hex'),
      messageTextCodePoints: server.limits.messageTextCodePoints,
      retention: settings.retention,
      onRetentionChanged: () => scrubs.wake(),
    }),
    queries,
    sessions: createSessions({ database: source, committer, maker, ended, log, clock }),
    accounts: createAccounts({ database: source, committer, passwords, sessions: maker, opener, newId }),
    apiTokens: createApiTokens({ database: source, committer, log, clock, newId, newSecret: newApiTokenSecret }),
    bots: createBots({
      committer,
      newReading: () => new Reading(source),
      newId,
      onDeleted: () => erasures.wake(),
    }),
    deletions: createDeletions({
      database: source,
      committer,
      passwords,
      offered: settings.deletedContent,
      onDeleted: () => erasures.wake(),
    }),
    passkeys: createPasskeys({
      database: source,
      committer,
      opener,
      challenges: createChallenges({ key: deriveKey(secret, 'challenges'), clock }),
      site: settings.passkeySite,
      newId,
      clock,
    }),
    identities: createIdentities({
      database: source,
      committer,
      sessions: maker,
      opener,
      newId,
      newHandleSuffix: () => randomBytes(5).toString('hex'),
      clock,
    }),
    places: createKnownPlaces({ database: source, key: deriveKey(secret, 'devices') }),
    typing,
    presence,
    cursors,
    events: readEventPage,
    server,
  };
  const rows = rowsOf(readsOf(source));
  const streams = {
    schema,
    execute: createExecutor(schema, parts.compilation),
    newContext: (scope: ExecutionScope<Viewer>) => new StreamContext({ services, source, rows }, scope),
    mask: (error: unknown) => maskError(error, log),
    isTemporary: (error: unknown) => error instanceof Fault && error.code === 'UNAVAILABLE',
  };
  const operations = {
    services,
    newSnapshot: () => new Snapshot(database.pool),
    currentMark: () => hub.mark,
    log,
  };

  return {
    schema,
    services,
    committer,
    hub,
    get nodes() {
      return { bus: link?.health ?? null, isListening: bell?.isListening ?? false, repairedAt: hub.repairedAt };
    },
    viewerOf: (token) => (isApiToken(token) ? services.apiTokens : services.sessions).viewerOf(token),
    beginOperation: (caller) => beginOperation(operations, caller),
    async openStream(caller, operation, sink, resumeAfter = null) {
      try {
        // Field by field: of a spread V8 makes a shape of its own for each stream, which weighs more than what is in it.
        const { document, operationName, variables, coercedVariables } = operation;
        const asked = { document, operationName, variables, coercedVariables, resumeAfter };
        const planned = await planStream(streams, caller.viewer as Viewer | null, asked, sink);
        return 'source' in planned ? hub.open(planned) : planned;
      } catch (error) {
        return [maskError(error, log)];
      }
    },
    cursorOf: (mark) => cursors.encode(mark),
    avatars: {
      limitBytes: avatarLimits.avatarBytes,
      read: avatars.read,
      async set(viewer, bytes) {
        const outcome = await avatars.set(viewer as Viewer, bytes);
        if (isRefused(outcome)) return { refused: outcome.refusal };
        return { avatarUrl: outcome.path, cursor: outcome.mark && cursors.encode(outcome.mark) };
      },
    },
    exportOf: ({ user }, signal) => exportLines({ database, cursors, userId: user.id, clock, signal }),
    providers: {
      key: deriveKey(secret, 'provider states'),
      spend: (state) => spendChallenge(source, state),
      enter: (viewer, ...rest) => services.identities.enter(viewer as Viewer | null, ...rest),
    },
    async keepCredentials(credentialIds) {
      const { sessions, apiTokens } = services;
      const kept = await Promise.all([sessions.keep(credentialIds), apiTokens.keep(credentialIds)]);
      const keptIds = new Set(kept.flat());
      // What the log has to say of them comes first: whoever goes on by a new one is not told to sign in again.
      await delay(NEWS_MS, undefined, { ref: false });
      ended.tell({ ids: (credentialIds as CredentialId[]).filter((id) => !keptIds.has(id)), isReplaced: false });
    },
    onCredentialEnded: (callback) => services.sessions.onEnded(callback),
    setPresent(userId, isPresent) {
      if (isPresent) presence.come(userId);
      else presence.leave(userId);
    },
    troubles() {
      const bus = link?.health;
      if (bus?.state !== 'down') return [];
      return [`the bus is down since ${bus.since.toISOString()}, going on by the log: ${bus.reason}`];
    },
    get hasSignInFlood() {
      return passwords.isFlooded;
    },
    async isReady() {
      const [state] = await source.query<{ isWritable: boolean }>(
        `SELECT current_setting('transaction_read_only') = 'off' AS "isWritable"`,
      );
      return state?.isWritable ?? false;
    },
    async stop() {
      await hashers[Symbol.asyncDispose]();
      await stopSweep();
      await stopTrims?.();
      await scrubs.stop();
      await erasures.stop();
      await avatars.stop();
      await committer.stop();
      await bell?.stop();
      await hub.stop();
      await news.stop();
    },
  };
}

interface News {
  readonly bus: Bus;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly link: RedisLink | null;
  stop(): Promise<void>;
}

/** What this node and others tell each other: by Redis, or within the process where it is the only one. */
async function startNews({ redisUrl, log }: EngineOptions, epoch: string, source: Queryable): Promise<News> {
  if (redisUrl === null) {
    const bus = createMemoryBus({ log });
    const presence = createMemoryPresence();
    return {
      bus,
      typing: createMemoryTyping(),
      presence,
      link: null,
      async stop() {
        presence.close();
        await bus[Symbol.asyncDispose]();
      },
    };
  }
  const key = await readBusKey(source);
  const link = await RedisLink.start({ url: redisUrl, epoch, key, log, random: Math.random });
  const bus = createRedisBus({ link, log });
  const typing = await startRedisTyping({ link });
  const presence = await startRedisPresence({ link });
  return {
    bus,
    typing,
    presence,
    link,
    async stop() {
      typing.close();
      presence.close();
      await bus[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}
