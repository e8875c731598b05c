import { setTimeout as delay } from 'node:timers/promises';
import { CloseCode } from 'graphql-ws';
import type { Log } from '../observe/log.ts';
import { Census, type LastingConnection, type Parting } from './census.ts';
import { RESTARTING, TOKEN_REPLACED } from './close-codes.ts';
import type { Engine } from './contract.ts';
import { Flusher } from './flusher.ts';
import type { TransportSettings } from './settings.ts';

/** The care for all connections that last, WebSockets and streams of events alike. */
export interface Lasting {
  readonly census: Census;
  readonly flusher: Flusher;
  /** True once connections are being closed: nothing new is taken. */
  readonly isLeaving: boolean;
  /** Tells all of them, one after the other, evenly over `spreadMs`, that the node stops; each has until `endMs` to end well. */
  leave(times: { readonly spreadMs: number; readonly endMs: number }): Promise<void>;
  /** Cuts what is left, and gives back timers and listeners. Settles when no connection has a stream in the hub. */
  stop(): Promise<void>;
}

/** Whoever had a session that ended learns it within a second. */
const SIGN_OUT_GRACE_MS = 700;
/** Few connections need not wait for one another: ten a second are no crowd for the node that they go to. */
const LONGEST_GAP_MS = 100;

const signedOut: Parting = {
  end: { code: 'SIGNED_OUT', message: 'SIGNED_OUT: the session has ended; sign in again' },
  closeCode: CloseCode.Unauthorized,
  isToComeBack: false,
};
const tokenReplaced: Parting = {
  end: {
    code: 'TOKEN_REPLACED',
    message: 'TOKEN_REPLACED: connect again with the new token and go on after your cursor',
  },
  closeCode: TOKEN_REPLACED,
  isToComeBack: true,
};
const stopping: Parting = {
  end: { code: 'SERVER_STOPPING', message: 'SERVER_STOPPING: connect again and go on after your cursor' },
  closeCode: RESTARTING,
  isToComeBack: true,
};

export function careForConnections(options: {
  readonly engine: Engine;
  readonly settings: TransportSettings;
  readonly log: Log;
}): Lasting {
  const { engine, settings, log } = options;
  const census = new Census(
    (userId, isPresent) => engine.setPresent(userId, isPresent),
    (credentialId) => endAllOf(credentialId, false),
  );
  let isLeaving = false;

  function sayGoodbye(connection: LastingConnection, parting: Parting, graceMs: number): Promise<void> {
    return connection.leave(parting, graceMs).catch((err) => log.error({ err }, 'no farewell'));
  }

  function endAllOf(credentialId: string, isReplaced: boolean): void {
    const parting = isReplaced ? tokenReplaced : signedOut;
    census.credentialEnded(credentialId, parting);
    for (const connection of census.ofCredential(credentialId)) void sayGoodbye(connection, parting, SIGN_OUT_GRACE_MS);
  }

  const stopListening = engine.onCredentialEnded(endAllOf);

  // Several times within each bound, so that a bound is overrun by a fraction of itself only.
  const { keepAliveMs, stalledSocketMs } = settings.socket;
  const shortestMs = Math.min(keepAliveMs, stalledSocketMs, settings.eventStream.heartbeatMs);
  const sweepTimer = setInterval(
    () => {
      const nowMs = performance.now();
      for (const connection of census.all) connection.sweep(nowMs);
    },
    Math.min(1_000, Math.max(10, shortestMs / 5)),
  );
  sweepTimer.unref();

  /** A credential may expire, or be taken away in the database; one that is in use stays. */
  const sessionTimer = setInterval(() => {
    const credentialIds = census.credentialIds();
    if (credentialIds.length === 0) return;
    engine
      .keepCredentials(credentialIds)
      .catch((err) => log.warn({ err }, 'sessions could not be looked at; again later'));
  }, settings.socket.sessionCheckMs);
  sessionTimer.unref();

  return {
    census,
    flusher: new Flusher(),
    get isLeaving() {
      return isLeaving;
    },
    async leave({ spreadMs, endMs }) {
      isLeaving = true;
      const startedAtMs = performance.now();
      const elapsedMs = () => performance.now() - startedAtMs;
      const connections = [...census.all];
      const gapMs = Math.min(LONGEST_GAP_MS, spreadMs / connections.length);
      const farewells: Promise<void>[] = [];
      for (const [index, connection] of connections.entries()) {
        if (!census.all.has(connection)) continue;
        // By the time that has passed and not by adding up gaps, as timers are late.
        const waitMs = index * gapMs - elapsedMs();
        if (waitMs > 0) await delay(waitMs);
        farewells.push(sayGoodbye(connection, stopping, Math.max(0, endMs - elapsedMs())));
      }
      await Promise.all(farewells);
    },
    stop() {
      stopListening();
      clearInterval(sweepTimer);
      clearInterval(sessionTimer);
      for (const connection of census.all) connection.terminate();
      return census.empty();
    },
  };
}
