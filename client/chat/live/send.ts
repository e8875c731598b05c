import type { ErrorCode } from '../../gql/graphql.ts';
import { type Parley, ParleyError } from '../../sdk/src/index.ts';
import { DeleteDocument, EditDocument, SendDocument } from '../documents.ts';
import { refusalSentence } from '../state/sentences.ts';
import type { Outcome } from './outbox-order.ts';
import type { OutboxEntry } from './outbox-store.ts';

interface Payload {
  readonly message: { readonly id: string; readonly version: number } | null;
  readonly errors: readonly {
    readonly code: ErrorCode;
    readonly message: string;
    readonly retryAfterMs?: number;
    readonly currentVersion?: number;
  }[];
}

/** After these nothing helps: the text alone is left. */
const finalCodes: ReadonlySet<ErrorCode> = new Set(['MESSAGE_DELETED', 'NOT_FOUND']);

/** One try to send what is in the outbox, as the person who did it or not at all. Never throws. */
export async function sendEntry(parley: Pick<Parley, 'mutate'>, entry: OutboxEntry): Promise<Outcome> {
  try {
    const { message, errors } = await payloadOf(parley, entry);
    const [refusal] = errors;
    if (refusal === undefined) return { kind: 'accepted', made: madeBy(entry, message) };
    const { retryAfterMs, currentVersion } = refusal;
    if (retryAfterMs !== undefined) {
      return {
        kind: 'later',
        problem: 'That was a lot in a short time. It goes out in a moment.',
        waitMs: retryAfterMs,
      };
    }
    return {
      kind: 'refused',
      problem: refusalSentence(refusal),
      mayRepeat: entry.kind === 'send' || !finalCodes.has(refusal.code),
      ...(currentVersion !== undefined && { currentVersion }),
    };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function payloadOf(parley: Pick<Parley, 'mutate'>, entry: OutboxEntry): Promise<Payload> {
  const { userId: asUserId, clientKey } = entry;
  switch (entry.kind) {
    case 'send': {
      const { roomId, text } = entry;
      return (await parley.mutate(SendDocument, { input: { asUserId, roomId, text, clientKey } })).data.sendMessage;
    }
    case 'edit': {
      const { text, expectedVersion, messageId } = entry;
      if (messageId === null || expectedVersion === null) throw new Error('an edit of what is not sent');
      const input = { asUserId, messageId, text, expectedVersion, clientKey };
      return (await parley.mutate(EditDocument, { input })).data.editMessage;
    }
    case 'delete': {
      const { messageId } = entry;
      if (messageId === null) throw new Error('a deletion of what is not sent');
      return (await parley.mutate(DeleteDocument, { input: { asUserId, messageId, clientKey } })).data.deleteMessage;
    }
  }
}

/** The message as it is now may be newer than what this made: a later edit is on top of this, and of nothing else. */
function madeBy(entry: OutboxEntry, message: Payload['message']) {
  if (message === null) throw new Error('neither a message nor a refusal came');
  const { id: messageId, version } = message;
  if (entry.kind === 'send') return { messageId, version: Math.min(version, 1) };
  if (entry.kind === 'delete' || entry.expectedVersion === null) return { messageId, version };
  return { messageId, version: Math.min(version, entry.expectedVersion + 1) };
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ParleyError)) return { kind: 'refused', problem: 'Something went wrong.' };
  const { code, retryAfterMs: waitMs } = error;
  switch (code) {
    case 'UNAUTHENTICATED':
      return { kind: 'not as this person' };
    case 'UNREACHABLE':
    // The answer of something on the way, such as the sign-in page of a hotel.
    case 'BAD_ANSWER':
      return { kind: 'later', problem: 'It goes out when the connection is back.', waitMs };
    case 'TOKEN_REPLACED':
      return { kind: 'later', problem: 'It goes out in a moment.', waitMs };
    case 'UNAVAILABLE':
      return { kind: 'later', problem: 'The server cannot answer just now. It goes out when it can.', waitMs };
    case 'RATE_LIMITED':
      return { kind: 'later', problem: 'That was a lot in a short time. It goes out in a moment.', waitMs };
    default:
      return { kind: 'refused', problem: error.advice };
  }
}
