import { closeAdvice, endAdvice, faultAdvice, refusalAdvice } from './generated/codes.ts';

/** What this package says by itself, beside the codes of the server. */
const ownAdvice = {
  UNREACHABLE: 'The server did not answer: repeat later, a write with the same clientKey.',
  BAD_ANSWER: 'What answered is not Parley: correct the url.',
  WEBSOCKET_MISSING: 'This runtime has no WebSocket: pass webSocketImpl, for instance `WebSocket` of the package ws.',
  CURSOR_MISSING:
    'The document must declare `$after: Cursor`, pass it on, and select `cursor` in its root field: correct it.',
  CLOSED: 'This Parley was closed: make another.',
} as const;

const advice = { ...closeAdvice, ...refusalAdvice, ...faultAdvice, ...endAdvice, ...ownAdvice };

export type ParleyErrorCode =
  | keyof typeof faultAdvice
  | keyof typeof refusalAdvice
  | keyof typeof endAdvice
  | keyof typeof ownAdvice;

/** Those after which the same request may be had in a moment. A code that this version does not know counts as one. */
const mending: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'RATE_LIMITED',
  'TOO_MANY_SUBSCRIPTIONS',
  'UNAVAILABLE',
  'INTERNAL',
  'SERVER_STOPPING',
  'TOKEN_REPLACED',
]);

export interface ParleyErrorOptions {
  /** What came with the code, as the server gave it. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of the socket, where its close was the answer. */
  readonly closeCode?: number;
  readonly cause?: unknown;
}

/** Why something could not be had. Programs decide by `code`; `advice` says to people what to do. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ParleyErrorCode | (string & {});
  readonly advice: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly closeCode: number | null;

  constructor(code: string, message: string, { details = {}, closeCode, cause }: ParleyErrorOptions = {}) {
    super(message.startsWith(`${code}:`) ? message : `${code}: ${message}`, { cause });
    this.code = code;
    this.details = details;
    this.closeCode = closeCode ?? null;
    const key = closeCode !== undefined && closeCode in closeAdvice ? closeCode : code;
    this.advice =
      (advice as Record<string, string>)[key] ?? 'A newer server gave a code that this version does not know.';
  }

  /** Whether repeating the same is pointless: something else has to be done first, as `advice` says. */
  get isFinal(): boolean {
    return this.code in advice && !mending.has(this.code);
  }

  /** How long the server asks to wait before repeating; 0 where it did not. */
  get retryAfterMs(): number {
    const { retryAfterMs } = this.details;
    return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0;
  }
}

export interface GraphQLErrorShape {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The first of the errors of a refused request. */
export function errorOfRefusal([first]: readonly GraphQLErrorShape[], cause?: unknown): ParleyError {
  const { code, ...details } = first?.extensions ?? {};
  return new ParleyError(typeof code === 'string' ? code : 'INTERNAL', first?.message ?? 'no reason was given', {
    details,
    cause,
  });
}

/** What the close of a socket means. Its reason may begin with a code. */
function errorOfClose({ code: closeCode, reason }: { code: number; reason: string }): ParleyError {
  const [named] = /^[A-Z_]+(?=: )/.exec(reason) ?? [];
  const code = named !== undefined && named in faultAdvice ? named : codeOfClose(closeCode);
  return new ParleyError(code, reason || `the socket closed with ${closeCode}`, { closeCode });
}

function codeOfClose(closeCode: number): ParleyErrorCode {
  switch (closeCode) {
    case 4401:
    case 4403:
      return 'UNAUTHENTICATED';
    case 4410:
      return 'TOKEN_REPLACED';
    case 1009:
    case 4400:
    case 4406:
    case 4409:
    case 4429:
      return 'BAD_REQUEST';
    case 4004:
      return 'BAD_ANSWER';
    case 4500:
      return 'INTERNAL';
    case 1013:
      return 'UNAVAILABLE';
    default:
      return 'UNREACHABLE';
  }
}

/** Whatever a socket or a subscription failed with: refusals, a close, an event without a word. */
export function errorOf(failure: unknown): ParleyError {
  if (failure instanceof ParleyError) return failure;
  if (Array.isArray(failure)) return errorOfRefusal(failure as GraphQLErrorShape[]);
  if (isClose(failure)) return errorOfClose(failure);
  const message = (failure as { message?: unknown } | null)?.message;
  const said = typeof message === 'string' && message !== '' ? message : 'the connection failed';
  return new ParleyError('UNREACHABLE', said, { cause: failure });
}

function isClose(failure: unknown): failure is { code: number; reason: string } {
  if (typeof failure !== 'object' || failure === null || !('code' in failure) || !('reason' in failure)) return false;
  return typeof failure.code === 'number' && typeof failure.reason === 'string';
}
