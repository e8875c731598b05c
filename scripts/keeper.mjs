import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serverOptions } from './server-options.mjs';

const RETRY_SHORTEST_MS = 250;
const RETRY_LONGEST_MS = 5_000;
/** Ends in a row without having been ready, after which a first start has failed. */
const MOST_FAILURES = 4;

/** Keeps one node of a cluster running: one that ends is started again, at the same address, until `stop`. */
export class Keeper {
  /** Where it listens; null before it was ready once. @type {string | null} */
  url = null;
  /** Settles at the first readiness; rejects when it ends again and again before. @type {Promise<void>} */
  ready;
  /** Of the process of now. */
  pid = 0;
  #name;
  #settings;
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  #isStopped = false;
  #running;

  /**
   * @param {string} name
   * @param {Readonly<Record<string, string | undefined>>} settings environment of the process
   */
  constructor(name, settings) {
    this.#name = name;
    this.#settings = { ...settings };
    let markReady = () => undefined;
    let fail = (/** @type {Error} */ _error) => undefined;
    this.ready = new Promise((resolve, reject) => {
      markReady = () => void resolve();
      fail = (error) => void reject(error);
    });
    this.ready.catch(() => undefined);
    this.#running = this.#run(markReady, fail);
  }

  /** SIGTERM, and waits until it has drained and ended. */
  async stop() {
    this.#isStopped = true;
    this.#child?.kill('SIGTERM');
    await this.#running;
  }

  /** @param {() => void} markReady @param {(error: Error) => void} fail */
  async #run(markReady, fail) {
    let failures = 0;
    while (!this.#isStopped) {
      const { wasReady, how } = await this.#runOnce(markReady);
      if (this.#isStopped) return;
      failures = wasReady ? 0 : failures + 1;
      if (this.url === null && failures >= MOST_FAILURES) {
        return fail(Object.assign(new Error(`${this.#name} does not start.`), { isForPeople: true }));
      }
      console.log(`${this.#name} | ended (${how}), is started again`);
      await delay(Math.min(RETRY_SHORTEST_MS * 2 ** failures, RETRY_LONGEST_MS));
    }
  }

  /**
   * From the start of a process to its end.
   * @param {() => void} markReady
   * @returns {Promise<{ wasReady: boolean, how: string | number }>}
   */
  #runOnce(markReady) {
    const child = spawn(process.execPath, [...serverOptions, join(import.meta.dirname, 'cluster-node.mjs')], {
      env: this.#settings,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C is for the one that started it, which then stops all in order.
      detached: true,
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    let wasReady = false;
    const say = (/** @type {string} */ line) => {
      const [, url] = /^ +chat +(http\S+)\/$/.exec(line) ?? [];
      if (url !== undefined) {
        if (this.url !== null) console.log(`${this.#name} | is back, process ${this.pid}`);
        wasReady = true;
        this.url = url;
        this.#settings.PORT = new URL(url).port;
        markReady();
      } else if (!/^(Parley is ready| {2}(GraphiQL|stop) )/.test(line)) console.log(`${this.#name} | ${line}`);
    };
    for (const stream of [child.stdout, child.stderr]) forEachLine(stream, say);
    return new Promise((done) => {
      child.once('error', (error) => done({ wasReady, how: error.message }));
      child.once('close', (code, signal) => done({ wasReady, how: signal ?? code ?? '' }));
    });
  }
}

/** @param {import('node:stream').Readable} stream @param {(line: string) => void} take */
function forEachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') take(line);
  });
}
