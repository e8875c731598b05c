/** Parts of Parley with one safeguard taken out, to show what it was for. Never composed outside of tests. */
import { membershipChangeOf } from '../../src/chat/membership.ts';
import { createChatRules } from '../../src/chat/rules.ts';
import type { EngineParts } from '../../src/compose.ts';
import type { LogTail, TailOptions } from '../../src/hub/tail.ts';
import { Tail } from '../../src/hub/tail.ts';
import type { CommittedBatch } from '../../src/log/event.ts';
import type { Mark } from '../../src/log/position.ts';

/** Longer than a test. */
const NEVER_MS = 2 ** 30;

const chatRules = createChatRules();

export const weakParts = {
  'reorder repair': { newTail: (start, options) => new HastyTail(start, options) },
  'head comparison': { newTail: deafTail },
  'key check': { rules: { ...chatRules, loadFacts: loadForgetfulFacts, recall: () => null } },
  'access order': {
    // Who comes is let in; who leaves keeps what they had when they subscribed.
    membershipChangeOf(event) {
      const change = membershipChangeOf(event);
      return change?.change === 'left' ? null : change;
    },
  },
} as const satisfies Readonly<Record<string, Partial<EngineParts>>>;

/** Hands out what continues its mark, and neither keeps what comes too early nor reads what is missing. */
class HastyTail implements LogTail {
  mark: Mark;
  readonly repairedAt = null;
  readonly #options: TailOptions;

  constructor(start: Mark, options: TailOptions) {
    this.mark = start;
    this.#options = options;
  }

  receive({ events, rows }: CommittedBatch): void {
    for (const event of events) {
      if (event.position !== this.mark.position + 1) continue;
      this.mark = { position: event.position, tag: event.tag };
      this.#options.onEvent(event, rows);
    }
  }

  hear(): void {}
  async repair(): Promise<void> {}
  /** Nothing is trimmed where this is used. */
  async confirm(): Promise<number> {
    return 0;
  }
  async stop(): Promise<void> {}
}

/** Repairs what it sees to be missing, and never asks how far the log has come: no comparison, no bell. */
function deafTail(start: Mark, options: TailOptions): LogTail {
  const tail = new Tail(start, { ...options, compareMs: NEVER_MS });
  return {
    get mark() {
      return tail.mark;
    },
    repairedAt: null,
    receive: (batch) => tail.receive(batch),
    hear: () => undefined,
    repair: () => tail.repair(),
    confirm: () => tail.confirm(),
    stop: () => tail.stop(),
  };
}

/** Keys are written, the first time, and never found. */
async function loadForgetfulFacts(...args: Parameters<typeof chatRules.loadFacts>) {
  const facts = await chatRules.loadFacts(...args);
  const find = facts.key.bind(facts);
  const put = facts.putKey.bind(facts);
  facts.key = () => null;
  facts.putKey = (userId, key, ...rest) => {
    if (find(userId, key) === null) put(userId, key, ...rest);
  };
  return facts;
}
