/** The load as seen from the bench. */
import { join } from 'node:path';
import { OrderedProcess } from '../ordered-process.ts';
import type { GatherOrder, Played, PlayOrder } from './load.ts';

export class LoadProcess implements Disposable {
  readonly #process = new OrderedProcess(join(import.meta.dirname, 'load.ts'));

  gather(order: Omit<GatherOrder, 'kind'>): Promise<void> {
    return this.#process.order({ kind: 'gather', ...order });
  }

  play(order: Omit<PlayOrder, 'kind'>): Promise<Played> {
    return this.#process.order({ kind: 'play', ...order });
  }

  leave(name: string): Promise<void> {
    return this.#process.order({ kind: 'leave', name });
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }
}
