import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { Engine } from './contract.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { answerError } from './data-answer.ts';
import { ExportSlots, type SlotLimits } from './export-slots.ts';
import { callerOfRequest } from './http-caller.ts';
import type { Rates } from './rates.ts';
import { remoteOf } from './remote.ts';
import type { TransportSettings } from './settings.ts';

/** GET, with the token or the cookie of a session: all that the server keeps of who asks, as lines of JSON. */
export const EXPORT_PATH = '/account/export';

export interface ExportDoor {
  readonly engine: Engine;
  readonly rates: Rates;
  readonly settings: TransportSettings;
  readonly log: Log;
}

export interface ExportLimits extends SlotLimits {
  /** A reader that takes nothing for this long is cut. */
  readonly stalledMs: number;
  /** So is one that has been waited for longer than this, and than its bytes take at the slowest pace. */
  readonly patienceMs: number;
  readonly slowestBytesPerSecond: number;
  /** And one that is not through by then, or whose export is not. */
  readonly wholeMs: number;
}

const defaults: ExportLimits = {
  atOnce: 2,
  waiting: 20,
  waitMs: 10_000,
  stalledMs: 15_000,
  patienceMs: 15_000,
  // Half a megabit per second: a phone at the edge of its network has as much.
  slowestBytesPerSecond: 65_536,
  wholeMs: 600_000,
};

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Never rejects. */
export function createExportDoor({ engine, rates, settings, log }: ExportDoor, limits = defaults): Handler {
  const slots = new ExportSlots(limits);

  async function serve(request: IncomingMessage, response: ServerResponse, leaving: AbortController): Promise<void> {
    const remote = remoteOf(request, settings.trustProxy);
    const caller = await callerOfRequest({ engine, rates, settings }, request, response, remote);
    const { viewer } = caller;
    if (viewer === null) throw new Fault('UNAUTHENTICATED', 'sign in first');
    if (viewer.scopes !== null) throw new Fault('SCOPE_MISSING', 'no API token may do this: sign in', { scope: null });
    const giveBack = await slots.take(viewer.user.id, leaving.signal);
    const tooLong = setTimeout(() => cut(response, leaving, 'is not through in time'), limits.wholeMs);
    try {
      const retryAfterMs = await caller.spend('exports');
      if (retryAfterMs !== null) {
        const message = `you had this lately: wait ${retryAfterMs} ms`;
        throw new Fault('RATE_LIMITED', message, { bucket: 'exports', retryAfterMs });
      }
      await write(response, engine.exportOf(viewer, leaving.signal), leaving);
    } finally {
      clearTimeout(tooLong);
      giveBack();
    }
  }

  async function write(
    response: ServerResponse,
    lines: AsyncIterable<string>,
    leaving: AbortController,
  ): Promise<void> {
    const pace = { sentBytes: 0, waitedMs: 0 };
    for await (const line of lines) {
      leaving.signal.throwIfAborted();
      if (!response.headersSent) response.writeHead(200, headers);
      pace.sentBytes += Buffer.byteLength(line);
      if (response.write(line)) continue;
      const mayWaitMs = limits.patienceMs + (pace.sentBytes / limits.slowestBytesPerSecond) * 1_000 - pace.waitedMs;
      const startedAt = performance.now();
      const timer = setTimeout(
        () => cut(response, leaving, 'is read too slowly'),
        Math.min(mayWaitMs, limits.stalledMs),
      );
      try {
        await once(response, 'drain', { signal: leaving.signal });
      } finally {
        clearTimeout(timer);
      }
      pace.waitedMs += performance.now() - startedAt;
    }
    response.end();
  }

  function cut(response: ServerResponse, leaving: AbortController, why: string): void {
    log.info({ why }, 'cut an export of an account');
    leaving.abort(new ClientGone());
    response.destroy();
  }

  return async (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    allowOrigin(request, response, settings.allowedOrigins);
    if (answerPreflight(request, response)) return;
    const leaving = new AbortController();
    response.once('close', () => leaving.abort(new ClientGone()));
    try {
      await serve(request, response, leaving);
    } catch (error) {
      if (leaving.signal.aborted) return void response.destroy();
      if (!response.headersSent) return answerError(request, response, error, log);
      // Its last line is missing: that says that it is not whole.
      log.warn({ err: error }, 'an export of an account broke off');
      response.destroy();
    }
  };
}

const headers = {
  'Content-Type': 'application/x-ndjson; charset=utf-8',
  'Content-Disposition': 'attachment; filename="parley-account.ndjson"',
};

/** Nobody is there any more who could be told something. */
class ClientGone extends Error {
  override readonly name = 'ClientGone';
}
