import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { Engine } from './contract.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { answerError } from './data-answer.ts';
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

/** Each holds a connection to the database, and its snapshot. */
const AT_ONCE = 2;
const RETRY_MS = 5_000;
/** A reader that takes nothing for this long, or is not through by then, is cut. */
const STALLED_MS = 30_000;
const WHOLE_MS = 600_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Never rejects. */
export function createExportDoor({ engine, rates, settings, log }: ExportDoor): Handler {
  let running = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const remote = remoteOf(request, settings.trustProxy);
    const caller = await callerOfRequest({ engine, rates, settings }, request, response, remote);
    const { viewer } = caller;
    if (viewer === null) throw new Fault('UNAUTHENTICATED', 'sign in first');
    if (viewer.scopes !== null) throw new Fault('SCOPE_MISSING', 'no API token may do this: sign in', { scope: null });
    if (running >= AT_ONCE) throw tooMany('others are being served: wait', RETRY_MS);
    running += 1;
    try {
      const retryAfterMs = await caller.spend('exports');
      if (retryAfterMs !== null) throw tooMany('you had this lately: wait', retryAfterMs);
      await write(response, engine.exportOf(viewer));
    } finally {
      running -= 1;
    }
  }

  async function write(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
    const whole = setTimeout(() => response.destroy(), WHOLE_MS);
    try {
      for await (const line of lines) {
        if (response.destroyed) return;
        if (!response.headersSent) response.writeHead(200, headers);
        if (!response.write(line)) await drained(response);
      }
      response.end();
    } finally {
      clearTimeout(whole);
    }
  }

  return async (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    allowOrigin(request, response, settings.allowedOrigins);
    if (answerPreflight(request, response)) return;
    try {
      await serve(request, response);
    } catch (error) {
      if (!response.headersSent) return answerError(request, response, error, log);
      // Its last line is missing: that says that it is not whole.
      if (!response.destroyed) log.warn({ err: error }, 'an export of an account broke off');
      response.destroy();
    }
  };
}

const headers = {
  'Content-Type': 'application/x-ndjson; charset=utf-8',
  'Content-Disposition': 'attachment; filename="parley-account.ndjson"',
};

async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(STALLED_MS)]);
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    over.abort();
  }
}

function tooMany(why: string, retryAfterMs: number): Fault {
  return new Fault('RATE_LIMITED', `${why} ${retryAfterMs} ms`, { bucket: 'exports', retryAfterMs });
}
