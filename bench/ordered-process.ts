/** A process that is told what to do over IPC, one order at a time: the side of the bench, and its own. */
import { type ChildProcess, fork } from 'node:child_process';

export class OrderedProcess implements Disposable {
  readonly #process: ChildProcess;

  constructor(file: string) {
    this.#process = fork(file, { execArgv: ['--import', 'tsx'] });
    this.#process.setMaxListeners(0);
  }

  order<Result>(order: object): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`));
      this.#process.once('exit', onExit);
      this.#process.once('message', (answer: { result: Result; error?: string }) => {
        this.#process.off('exit', onExit);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(answer.error));
      });
      this.#process.send(order);
    });
  }

  [Symbol.dispose](): void {
    this.#process.disconnect();
  }
}

/** Obeys until the bench lets go of it. */
export function obeyOrders<Order>(obey: (order: Order) => Promise<unknown>): void {
  process.on('message', (order: Order) => {
    obey(order).then(
      (result) => process.send?.({ result: result ?? null }),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
