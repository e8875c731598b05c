/**
 * Pictures of people, outside of GraphQL: their bytes.
 *
 * | request                | answer                                                                       |
 * |------------------------|------------------------------------------------------------------------------|
 * | PUT /avatar            | takes the body as the caller's picture: `{ "avatarUrl", "cursor" }`           |
 * | DELETE /avatar         | takes it away                                                                |
 * | GET /avatars/<sha-256> | the picture as WebP, for whoever knows the path; it never changes            |
 *
 * A page of another origin cannot send the first two without a preflight that we do not grant.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { CallerViewer, Engine } from './contract.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { answerError, answerJson } from './data-answer.ts';
import { callerOfRequest } from './http-caller.ts';
import { respond } from './pages.ts';
import type { Rates } from './rates.ts';
import { remoteOf } from './remote.ts';
import type { TransportSettings } from './settings.ts';

export const AVATAR_PATH = '/avatar';
export const AVATARS_PATH = '/avatars/';
const METHODS = 'PUT, DELETE';

export interface AvatarDoor {
  readonly engine: Engine;
  readonly rates: Rates;
  readonly settings: TransportSettings;
  readonly log: Log;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** None of the handlers rejects. */
export function createAvatarDoor({ engine, rates, settings, log }: AvatarDoor): {
  readonly change: Handler;
  readonly show: Handler;
} {
  async function change(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const remote = remoteOf(request, settings.trustProxy);
    const caller = await callerOfRequest({ engine, rates, settings }, request, response, remote);
    const viewer = mayChange(caller.viewer);
    const retryAfterMs = await caller.spend('changes');
    if (retryAfterMs !== null) {
      throw new Fault('RATE_LIMITED', `too many changes: wait ${retryAfterMs} ms`, { bucket: 'changes', retryAfterMs });
    }
    const bytes = request.method === 'PUT' ? await bodyOf(request, engine.avatars.limitBytes) : null;
    const outcome = await engine.avatars.set(viewer, bytes);
    if (!('refused' in outcome)) return answerJson(response, 200, outcome);
    const { code, message } = outcome.refused;
    answerJson(response, 403, { errors: [{ message, extensions: { code } }] });
  }

  async function show(request: IncomingMessage, response: ServerResponse, hash: string): Promise<void> {
    const etag = `"${hash}"`;
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    response.setHeader('ETag', etag);
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    const picture = await engine.avatars.read(hash);
    if (picture === null) return notFound(response);
    response.writeHead(200, {
      'Content-Type': picture.mediaType,
      'Content-Length': picture.bytes.length,
      'Content-Disposition': 'inline',
      // Whatever else is in the bytes, nobody runs it.
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    response.end(request.method === 'HEAD' ? undefined : picture.bytes);
  }

  return {
    async change(request, response) {
      response.setHeader('Cache-Control', 'no-store');
      allowOrigin(request, response, settings.allowedOrigins, METHODS);
      if (answerPreflight(request, response, METHODS)) return;
      await change(request, response).catch((error: unknown) => answerError(request, response, error, log));
    },

    async show(request, response) {
      const hash = (request.url ?? '').split('?', 1)[0]?.slice(AVATARS_PATH.length) ?? '';
      if (!/^[0-9a-f]{64}$/.test(hash)) return notFound(response);
      await show(request, response, hash).catch((error: unknown) => {
        response.removeHeader('ETag');
        response.setHeader('Cache-Control', 'no-store');
        answerError(request, response, error, log);
      });
    },
  };
}

function mayChange(viewer: CallerViewer | null): CallerViewer {
  if (viewer === null) throw new Fault('UNAUTHENTICATED', 'sign in first');
  if (viewer.scopes === null || viewer.scopes.includes('PROFILE')) return viewer;
  throw new Fault('SCOPE_MISSING', 'the API token has no scope PROFILE', { scope: 'PROFILE' });
}

async function bodyOf(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () => new Fault('BODY_TOO_LARGE', `a picture has at most ${limitBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limitBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('BAD_REQUEST', 'the body ended early');
  }
  return Buffer.concat(chunks);
}

function notFound(response: ServerResponse): void {
  response.removeHeader('ETag');
  response.setHeader('Cache-Control', 'no-store');
  respond(response, 404, 'Not found.');
}
