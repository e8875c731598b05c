/** A built server, seen through its inspector: memory, garbage, calls and objects, without a line in it for the bench. */
import { readFileSync, writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { type ServerHome, type ServerProcess, until } from '../test/support/process.ts';

const MiB = 2 ** 20;

export interface Memory {
  /** Of the heap of V8 and what lies outside it (buffers), in MiB. */
  readonly heapMiB: number;
  readonly externalMiB: number;
  /** What the kernel keeps of the process, in MiB. */
  readonly residentMiB: number;
}

export class InspectedServer implements Disposable {
  readonly server: ServerProcess;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;
  #snapshot: string[] = [];

  private constructor(server: ServerProcess, socket: WebSocket) {
    this.server = server;
    this.#socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse(data.toString())));
  }

  static async start(home: ServerHome, settings: Readonly<Record<string, string>> = {}): Promise<InspectedServer> {
    const server = await home.start({ ...settings, NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    let url = '';
    await until(() => {
      url = /Debugger listening on (ws:\S+)/.exec(server.output)?.[1] ?? '';
      return url !== '';
    }, 5_000);
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1_024 * MiB });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new InspectedServer(server, socket);
  }

  /** The value of an expression in the server, as JSON. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result } = await this.#ask<{ result: { value: Value } }>('Runtime.evaluate', {
      expression,
      returnByValue: true,
    });
    return result.value;
  }

  /** Memory once everything that is not needed any more is gone. */
  async memoryAtRest(): Promise<Memory> {
    for (let count = 0; count < 3; count += 1) await this.#ask('HeapProfiler.collectGarbage');
    return this.memory();
  }

  async memory(): Promise<Memory> {
    const { heapUsed, external, rss } = await this.evaluate<NodeJS.MemoryUsage>('process.memoryUsage()');
    return { heapMiB: heapUsed / MiB, externalMiB: external / MiB, residentMiB: rss / MiB };
  }

  /** From now on the peak counts anew. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.server.pid}/clear_refs`, '5');
  }

  /** The most that was resident since the start or `forgetPeak`, in MiB. */
  get peakResidentMiB(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  async startCounting(): Promise<void> {
    await this.#ask('Profiler.enable');
    await this.#ask('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }

  /** Calls since counting began or was asked for last: of a function, by file (`hub/group.js`) and name. */
  async takeCalls(): Promise<(file: string, name: string) => number> {
    const { result } = await this.#ask<{
      result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
    }>('Profiler.takePreciseCoverage');
    return (file, name) =>
      result
        .filter(({ url }) => url.endsWith(`/src/${file}`))
        .flatMap(({ functions }) => functions)
        .filter(({ functionName }) => functionName === name)
        .reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
  }

  /** How many objects of these classes are alive, by a snapshot of the heap. */
  async countObjects(classes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.#snapshot = [];
    await this.#ask('HeapProfiler.takeHeapSnapshot');
    const { snapshot, nodes, strings } = JSON.parse(this.#snapshot.join('')) as {
      snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
      nodes: number[];
      strings: string[];
    };
    this.#snapshot = [];
    const { node_fields: fields, node_types: types } = snapshot.meta;
    const [typeAt, nameAt] = [fields.indexOf('type'), fields.indexOf('name')];
    const objectType = types[0].indexOf('object');
    const counts = new Map(classes.map((name) => [name, 0]));
    for (let at = 0; at < nodes.length; at += fields.length) {
      const name = strings[nodes[at + nameAt] as number] as string;
      const count = counts.get(name);
      if (count !== undefined && nodes[at + typeAt] === objectType) counts.set(name, count + 1);
    }
    return counts;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #ask<Result>(method: string, params: object = {}): Promise<Result> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise<Result>((resolve, reject) => {
      this.#answers.set(id, { resolve: (value) => resolve(value as Result), reject });
    });
  }

  #take(message: { id?: number; method?: string; params?: { chunk: string }; result?: unknown; error?: object }): void {
    if (message.method === 'HeapProfiler.addHeapSnapshotChunk') this.#snapshot.push(message.params?.chunk ?? '');
    const waiting = message.id === undefined ? undefined : this.#answers.get(message.id);
    if (!waiting) return;
    this.#answers.delete(message.id as number);
    if (message.error) waiting.reject(new Error(JSON.stringify(message.error)));
    else waiting.resolve(message.result);
  }
}
