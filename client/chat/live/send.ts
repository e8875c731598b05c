import { type Parley, ParleyError } from '../../sdk/src/index.ts';
import { SendDocument } from '../documents.ts';
import { refusalSentence } from '../state/sentences.ts';
import type { Outcome } from './outbox.ts';
import type { OutboxEntry } from './outbox-store.ts';

/** One try to send a message of the outbox, as the person who wrote it or not at all. Never throws. */
export async function sendEntry(parley: Pick<Parley, 'mutate'>, entry: OutboxEntry): Promise<Outcome> {
  const { userId, roomId, text, clientKey } = entry;
  try {
    const { data } = await parley.mutate(SendDocument, { input: { asUserId: userId, roomId, text, clientKey } });
    const [refusal] = data.sendMessage.errors;
    if (refusal === undefined) return { kind: 'accepted' };
    if (refusal.__typename !== 'RateLimited') return { kind: 'refused', problem: refusalSentence(refusal) };
    return {
      kind: 'later',
      problem: 'That was a lot in a short time. It goes out in a moment.',
      waitMs: refusal.retryAfterMs,
    };
  } catch (error) {
    return outcomeOf(error);
  }
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
    case 'UNAVAILABLE':
      return { kind: 'later', problem: 'The server cannot answer just now. It goes out when it can.', waitMs };
    case 'RATE_LIMITED':
      return { kind: 'later', problem: 'That was a lot in a short time. It goes out in a moment.', waitMs };
    default:
      return { kind: 'refused', problem: error.advice };
  }
}
