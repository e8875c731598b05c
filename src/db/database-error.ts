/** Why the database did not do it: what a caller can be told, and whether trying again later makes sense. */
export type DatabaseErrorKind = 'unreachable' | 'readOnly' | 'diskFull' | 'timeout' | 'other';

/** SQLSTATE → kind, after appendix A of the PostgreSQL manual. */
const kindOfState: Readonly<Record<string, DatabaseErrorKind>> = {
  '25006': 'readOnly',
  '53100': 'diskFull',
  '53300': 'unreachable', // too many connections
  '57P01': 'unreachable', // shut down by the administrator
  '57P02': 'unreachable', // shut down after a crash
  '57P03': 'unreachable', // starting up or shutting down
  '57P04': 'unreachable', // the database was dropped
  '57P05': 'unreachable', // an idle session was ended
  '3D000': 'unreachable', // no such database
  '28000': 'unreachable',
  '28P01': 'unreachable',
  '57014': 'timeout', // cancelled: statement_timeout
  '55P03': 'timeout', // lock_timeout
  '25P03': 'timeout', // idle_in_transaction_session_timeout
  '25P04': 'timeout', // transaction_timeout
};

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg gives these no code. */
const unreachableMessages =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after calling end)/;
const timeoutMessages = /^Query read timeout/;

/**
 * What kind of failure an error of pg or Drizzle is; looks through causes and aggregates. Every kind but 'other' is
 * UNAVAILABLE to an API user: the server is well, the database is not.
 */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  for (const one of causesOf(error)) {
    const kind = classifyOne(one);
    if (kind !== 'other') return kind;
  }
  return 'other';
}

/** The SQLSTATE of the first cause that has one; undefined where the error did not come from PostgreSQL. */
export function sqlStateOf(error: unknown): string | undefined {
  for (const one of causesOf(error)) {
    if (typeof one.code === 'string' && /^[0-9A-Z]{5}$/.test(one.code) && 'severity' in one) return one.code;
  }
  return undefined;
}

interface Cause {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
}

function classifyOne(error: Cause): DatabaseErrorKind {
  if (typeof error.code === 'string') {
    const kind = kindOfState[error.code];
    if (kind !== undefined) return kind;
    if (/^08[0-9A-Z]{3}$/.test(error.code) || connectionCodes.has(error.code)) return 'unreachable';
    // A missing Unix socket; any other ENOENT is a missing file and none of our business.
    if (error.code === 'ENOENT' && error.syscall === 'connect') return 'unreachable';
  }
  if (typeof error.message === 'string') {
    if (timeoutMessages.test(error.message)) return 'timeout';
    if (unreachableMessages.test(error.message)) return 'unreachable';
  }
  return 'other';
}

function* causesOf(error: unknown): Generator<Cause> {
  const open: unknown[] = [error];
  for (let looked = 0; open.length > 0 && looked < 20; looked += 1) {
    const next = open.shift();
    if (typeof next !== 'object' || next === null) continue;
    yield next as Cause;
    if ('cause' in next) open.push(next.cause);
    if ('errors' in next && Array.isArray(next.errors)) open.push(...next.errors);
  }
}
