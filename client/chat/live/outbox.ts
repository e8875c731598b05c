import type { Client } from 'urql';
import { SendDocument } from '../documents.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';

export interface Outcome {
  clientKey: string;
  /** Null: the server has it. */
  problem: string | null;
  /** Whether the same text may be taken later as it is: the server was not reached, or asked to wait. */
  mayRepeat: boolean;
}

/**
 * Sends the messages of one room one after another, so that they stand in the order of writing. A message is always sent under the
 * key it got when it was written: the server writes a key once, so a repeat after a lost answer makes no second message.
 */
export class Outbox {
  readonly #client: Client;
  readonly #roomId: string;
  readonly #onOutcome: (outcome: Outcome) => void;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: { client: Client; roomId: string; onOutcome: (outcome: Outcome) => void }) {
    this.#client = options.client;
    this.#roomId = options.roomId;
    this.#onOutcome = options.onOutcome;
  }

  put(clientKey: string, text: string): void {
    this.#tail = this.#tail
      .then(() => this.#send(clientKey, text))
      // A bug here must not stop the messages behind it.
      .catch(() => ({ clientKey, problem: 'Not sent. Something went wrong.', mayRepeat: false }))
      .then(this.#onOutcome);
  }

  async #send(clientKey: string, text: string): Promise<Outcome> {
    const { data, error } = await this.#client.mutation(SendDocument, { roomId: this.#roomId, text, clientKey });
    if (error?.networkError)
      return { clientKey, problem: 'Not sent yet. It goes out when the connection is back.', mayRepeat: true };
    if (error) return { clientKey, problem: `Not sent. ${faultSentence(error)}`, mayRepeat: true };
    const [refusal] = data?.sendMessage.errors ?? [];
    if (refusal === undefined) return { clientKey, problem: null, mayRepeat: false };
    return {
      clientKey,
      problem: `Not sent. ${refusalSentence(refusal)}`,
      mayRepeat: refusal.code === 'RATE_LIMITED',
    };
  }
}
