/** People who write: every kind of write, one after the other, each repeated until it is answered. */
import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable } from '../support/crash-people.ts';
import type { Caller } from './doors.ts';
import type { Deed } from './evidence.ts';
import { mutationOf, type Verb } from './verbs.ts';

const retryMs = 25;

/** What to do next; the key is added. */
export interface Intent {
  readonly verb: Verb;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Plan {
  next(): Intent;
  /** Told of what was done, so that the next may be about it. */
  settled(deed: Deed): void;
}

export interface WriterOptions {
  readonly caller: Caller;
  readonly name: string;
  readonly positionOf: (cursor: string) => number;
  readonly plan: Plan;
  /** The longest pause between an answer and the next write. */
  readonly pauseMs: number;
  readonly random: () => number;
}

export class Writer {
  readonly deeds: Deed[] = [];
  /** When the newest write that was answered had been asked for, by performance.now(). */
  answeredFrom = 0;
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get waitsAt(): number | null {
    return this.#options.caller.waitsAt;
  }

  /** Rejects at an answer that nobody expects. What is begun when it ends is answered first. */
  async run(wantsMore: () => boolean): Promise<void> {
    const { plan, pauseMs, random, caller } = this.#options;
    while (wantsMore()) {
      await delay(random() * pauseMs);
      // Else all would be gone from a node that failed once.
      if (random() < 0.2) caller.moveOn();
      plan.settled(await this.perform(plan.next()));
    }
    caller.close();
  }

  /** Asks until it is answered. */
  async perform({ verb, input }: Intent): Promise<Deed> {
    const { name, caller } = this.#options;
    const key = `${name}-${this.deeds.length}`;
    const deed: Deed = { actorId: caller.id, verb, key, input, tries: 0, isInDoubt: false, outcome: null };
    this.deeds.push(deed);
    const from = performance.now();
    await this.#settle(deed);
    this.answeredFrom = from;
    return deed;
  }

  async #settle(deed: Deed): Promise<void> {
    const { caller, positionOf } = this.#options;
    const variables = { input: { ...deed.input, clientKey: deed.key } };
    for (;;) {
      deed.tries += 1;
      const answer = await caller.ask(mutationOf(deed.verb), variables);
      const done = answer?.data?.done;
      if (done) {
        const [error] = done.errors;
        deed.outcome = error
          ? { kind: 'refused', code: error.code }
          : {
              kind: 'done',
              position: done.cursor === null ? null : positionOf(done.cursor),
              subjectId: done.subject?.id ?? '',
              isReplayed: done.replayed,
            };
        return;
      }
      if (answer !== null && !isUnavailable(answer)) throw new Error(`${deed.key}: ${JSON.stringify(answer)}`);
      deed.isInDoubt ||= answer?.errors[0].extensions.outcome !== 'NOT_DONE';
      caller.moveOn();
      await delay(retryMs);
    }
  }
}
