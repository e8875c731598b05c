/** Events of GraphQL over SSE, as the bytes that go out. */
import type { Mark, Outgoing } from '../hub/contract.ts';

export const HEARTBEAT = ':\n\n';
/** With an empty `data`: browsers drop events that have none. */
export const COMPLETE = 'event: complete\ndata:\n\n';

/** Tells EventSource when to come back after its connection broke. */
export function retryFrame(retryMs: number): string {
  return `retry: ${Math.ceil(retryMs)}\n\n`;
}

/** `payload`: the JSON of an execution result, which has no line breaks. `id`: what Last-Event-ID will be; null leaves it. */
export function nextEvent(payload: string, id: string | null): string {
  return `${id === null ? '' : `id: ${id}\n`}event: next\ndata: ${payload}\n\n`;
}

/**
 * Makes the events of a server's streams. Members of a group get the same payloads one after the other, and here, other
 * than on a socket, the same bytes: they are made for the first and kept for the next.
 */
export class NextEvents {
  readonly #cursorOf: (mark: Mark) => string;
  #run: readonly Outgoing[] = [];
  #bodies: readonly Buffer[] = [];

  constructor(cursorOf: (mark: Mark) => string) {
    this.#cursorOf = cursorOf;
  }

  bodiesOf(run: readonly Outgoing[]): readonly Buffer[] {
    if (run !== this.#run) {
      this.#bodies = run.map((outgoing) => this.#bytesOf(outgoing));
      this.#run = run;
    }
    return this.#bodies;
  }

  #bytesOf({ payload, mark }: Outgoing): Buffer {
    const [before] = this.#run;
    const [bytes] = this.#bodies;
    if (bytes && this.#run.length === 1 && before?.payload === payload && before.mark === mark) return bytes;
    return Buffer.from(nextEvent(payload, mark && this.#cursorOf(mark)));
  }
}
