/** The load as seen from the bench: a process of its own, told what to do over IPC, one order at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { GatherOrder, LeaveOrder, Played, PlayOrder } from './load.ts';

export class LoadProcess implements Disposable {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'load.ts'), { execArgv: ['--import', 'tsx'] });

  constructor() {
    this.#process.setMaxListeners(0);
  }

  gather(order: Omit<GatherOrder, 'kind'>): Promise<void> {
    return this.#order({ kind: 'gather', ...order });
  }

  play(order: Omit<PlayOrder, 'kind'>): Promise<Played> {
    return this.#order({ kind: 'play', ...order });
  }

  leave(name: string): Promise<void> {
    return this.#order({ kind: 'leave', name });
  }

  #order<Result>(command: GatherOrder | PlayOrder | LeaveOrder): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the load ended with ${code}`));
      this.#process.once('exit', onExit);
      this.#process.once('message', (answer: { result: Result; error?: string }) => {
        this.#process.off('exit', onExit);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(answer.error));
      });
      this.#process.send(command);
    });
  }

  [Symbol.dispose](): void {
    this.#process.disconnect();
  }
}
