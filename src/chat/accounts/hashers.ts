import { Worker } from 'node:worker_threads';
import * as argon2 from '@node-rs/argon2';

/** What is known of hashing, so that a test can count and delay it. */
export interface Hashing {
  hash(password: string): Promise<string>;
  verify(stored: string, password: string): Promise<boolean>;
  /** False where another cost was asked of the hash than is asked now. */
  isCurrent(stored: string): boolean;
}

/** What a thread is given to do: hash with this cost, or compare with what is stored. */
export interface Job {
  readonly password: string;
  readonly cost: typeof cost;
  readonly stored: string | null;
}

/** As OWASP advises: argon2id, 19 MiB, two passes, one lane. Hashes keep their own, so that these can be raised. */
export const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

type Answer = { readonly outcome: string | boolean } | { readonly error: Error };

/** Hashes in threads of its own, see hasher.mjs: as many as there are passwords at once, each begun when it is first needed. */
export class Hashers implements Hashing, AsyncDisposable {
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();

  async hash(password: string): Promise<string> {
    return (await this.#run({ password, cost, stored: null })) as string;
  }

  async verify(stored: string, password: string): Promise<boolean> {
    return (await this.#run({ password, cost, stored })) as boolean;
  }

  isCurrent(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = argon2.parseOptions(stored);
    return memoryCost === cost.memoryCost && timeCost === cost.timeCost && parallelism === cost.parallelism;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()));
  }

  async #run(job: Job): Promise<string | boolean> {
    const thread = this.#idle.pop() ?? this.#begin();
    const answer = await answerOf(thread, job);
    this.#idle.push(thread);
    if ('error' in answer) throw answer.error;
    return answer.outcome;
  }

  #begin(): Worker {
    const thread = new Worker(new URL('./hasher.mjs', import.meta.url), { execArgv: [] });
    this.#all.add(thread);
    thread.once('exit', () => {
      this.#all.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    // Who waits for it is told by answerOf; one that breaks while nobody waits is replaced.
    thread.on('error', () => undefined);
    thread.unref();
    return thread;
  }
}

/** Rejects where the thread ends first: it broke, or is not wanted any more. */
function answerOf(thread: Worker, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => settle(() => reject(new Error('the thread that hashes passwords has ended')));
    const broken = (error: Error) => settle(() => reject(error));
    const answered = (answer: Answer) => settle(() => resolve(answer));
    function settle(act: () => void): void {
      thread.off('message', answered).off('error', broken).off('exit', ended);
      act();
    }
    thread.on('message', answered).on('error', broken).on('exit', ended);
    thread.postMessage(job);
  });
}
