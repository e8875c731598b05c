import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MS = 500;

/**
 * Starts redis-server with the arguments, and ends it when standard input closes: when whoever started it is gone,
 * however it went. Ends when redis-server does.
 */
const LEASH = `exec 3<&0
redis-server "$@" 3<&- &
redis=$!
(read -r _ <&3; kill "$redis" 2>&-) &
wait "$redis"`;

/** Whether there is one on the path. */
export function hasRedis() {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'redis-server'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A Redis of one's own, on a Unix socket in a private folder, that keeps nothing. One that ends is started again. */
export class RedisServer {
  /** As REDIS_URL takes it. */
  url;
  #folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  #socket = join(this.#folder, 'redis.sock');
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  #isStopped = false;
  #running;

  /** Resolves when it answers; rejects when it does not within 5 s. */
  static async start() {
    const redis = new RedisServer();
    for (const bound = Date.now() + 5_000; !(await redis.#answers()); await delay(20)) {
      if (Date.now() < bound) continue;
      await redis.stop();
      throw Object.assign(new Error('redis-server does not start.'), { isForPeople: true });
    }
    return redis;
  }

  constructor() {
    this.url = `unix://${this.#socket}`;
    this.#running = this.#run();
  }

  async stop() {
    this.#isStopped = true;
    this.#child?.stdin?.end();
    await this.#running;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run() {
    while (!this.#isStopped) {
      await this.#runOnce();
      if (this.#isStopped) return;
      console.log('redis  | ended, is started again');
      await delay(RETRY_MS);
    }
  }

  /** @returns {Promise<void>} */
  #runOnce() {
    const settings = ['--port', '0', '--unixsocket', this.#socket, '--unixsocketperm', '700', '--dir', this.#folder];
    const child = spawn('sh', ['-c', LEASH, 'sh', ...settings, '--save', '', '--appendonly', 'no'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Ctrl-C is for the one that started it, which then stops all in order.
      detached: true,
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    return new Promise((done) => {
      child.once('error', () => done());
      // What is left of it waits for its input to end.
      child.once('exit', () => {
        child.stdin.end();
        done();
      });
    });
  }

  /** @returns {Promise<boolean>} */
  #answers() {
    return new Promise((done) => {
      const socket = connect(this.#socket, () => {
        socket.destroy();
        done(true);
      });
      socket.on('error', () => done(false));
    });
  }
}
