import { startBalancer } from '../../scripts/balancer.mjs';
import type { TestDatabase } from './database.ts';
import { type PrivatePostgres, startPrivatePostgres } from './private-postgres.ts';
import { ServerHome, type ServerProcess, until, within } from './process.ts';
import { startRedis, type TestRedis } from './redis.ts';

type Settings = Readonly<Record<string, string>>;

export interface FleetOptions {
  readonly nodes: number;
  /** Of every node, over those of a quiet server. */
  readonly settings?: Settings;
  /** Of one node, over all others; asked for at each of its starts. */
  readonly settingsOf?: (index: number, fleet: Fleet) => Promise<Settings>;
}

const boundMs = 60_000;

/** The built Parley as several processes on one private PostgreSQL and Redis, behind the balancer; all gone at the end. */
export class Fleet implements AsyncDisposable {
  readonly database: TestDatabase;
  readonly redis: TestRedis;
  readonly postgres: PrivatePostgres;
  readonly #home: ServerHome;
  readonly #settings: Settings;
  readonly #settingsOf: FleetOptions['settingsOf'];
  readonly #members: { process: ServerProcess; url: string }[] = [];
  #balancer: Awaited<ReturnType<typeof startBalancer>> | null = null;

  static async start({ nodes, settings = {}, settingsOf }: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await startPrivatePostgres(), await startRedis(), settings, settingsOf);
    try {
      // One after the other: the first makes the tables.
      for (let n = 0; n < nodes; n += 1) fleet.#members.push(await fleet.#launch(n, '0'));
      const targets = () => fleet.urls.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) }));
      fleet.#balancer = await startBalancer({ port: 0, targets });
      await fleet.#untilAllTakePart();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    postgres: PrivatePostgres,
    redis: TestRedis,
    settings: Settings,
    settingsOf: FleetOptions['settingsOf'],
  ) {
    this.postgres = postgres;
    this.database = postgres.database;
    this.redis = redis;
    this.#home = new ServerHome();
    this.#settings = settings;
    this.#settingsOf = settingsOf;
  }

  /** Of the balancer. */
  get url(): string {
    return this.#balancer?.url ?? '';
  }

  /** Of each node. */
  get urls(): readonly string[] {
    return this.#members.map(({ url }) => url);
  }

  /** What each node that runs now has said. */
  get outputs(): readonly string[] {
    return this.#members.map(({ process }) => process.output);
  }

  /** SIGTERM, and when the node has gone another one in its place, at its address. How long the old one took, in ms. */
  async replace(index: number): Promise<number> {
    const member = this.#member(index);
    const begun = performance.now();
    member.process.kill('SIGTERM');
    const exit = await within(boundMs, member.process.exited, () => 'the node did not stop');
    const tookMs = performance.now() - begun;
    if (exit.code !== 0) throw new Error(`the node ended with ${exit.code ?? exit.signal}:\n${member.process.output}`);
    this.#members[index] = await this.#launch(index, new URL(member.url).port);
    await this.#untilAllTakePart();
    return tookMs;
  }

  /**
   * SIGKILL, and another one in its place, at its address. One that cannot start, because its database is away too, is
   * started again, as whatever keeps a service running does. Resolves when one is ready.
   */
  async kill(index: number): Promise<void> {
    const { process, url } = this.#member(index);
    process.kill('SIGKILL');
    await process.exited;
    const { port } = new URL(url);
    const giveUpAt = performance.now() + boundMs;
    for (;;) {
      try {
        this.#members[index] = await this.#launch(index, port);
        return;
      } catch (error) {
        const isOfDatabase = error instanceof Error && error.message.includes('PostgreSQL cannot be used');
        if (!isOfDatabase || performance.now() > giveUpAt) throw error;
      }
    }
  }

  /** Stops a node without ending it: connections stay, nothing answers. */
  freeze(index: number): void {
    this.#member(index).process.kill('SIGSTOP');
  }

  thaw(index: number): void {
    this.#member(index).process.kill('SIGCONT');
  }

  /** What /health/ready of a node says, all lines; empty when it does not answer. */
  async health(index: number): Promise<string> {
    return fetch(`${this.urls[index]}/health/ready`).then(
      (answer) => answer.text(),
      () => '',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#balancer?.close();
    await this.#home[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
  }

  #member(index: number): { process: ServerProcess; url: string } {
    const member = this.#members[index];
    if (!member) throw new Error(`there is no node ${index}`);
    return member;
  }

  async #launch(index: number, port: string): Promise<{ process: ServerProcess; url: string }> {
    const process = this.#home.launch({
      DATABASE_URL: this.database.url,
      REDIS_URL: this.redis.url,
      PORT: port,
      // Parley's own PostgreSQL takes 50 in all.
      PARLEY_DATABASE_POOL_SIZE: '6',
      PARLEY_DRAIN_DELAY_MS: '500',
      PARLEY_SOCKETS_PER_USER: '1000',
      ...this.#settings,
      ...(await this.#settingsOf?.(index, this)),
    });
    const url = await within(boundMs, process.ready, () => `not ready in time:\n${process.output}`);
    return { process, url };
  }

  async #untilAllTakePart(): Promise<void> {
    await until(() => this.#balancer?.readyCount === this.#members.length, boundMs);
  }
}
