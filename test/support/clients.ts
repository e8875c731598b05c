/** The programs of examples/, run as examples/README.md prints them, and what they printed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Answer, Person } from './person.ts';

const root = join(import.meta.dirname, '../..');

/** A row of the table in examples/README.md. */
export interface PrintedExample {
  /** Path from the root of the project. */
  readonly file: string;
  readonly command: string;
}

export function printedExamples(): PrintedExample[] {
  const page = readFileSync(join(root, 'examples/README.md'), 'utf8');
  return [...page.matchAll(/^\| \[[^\]]+\]\((\S+)\).* \| `(.+)` \|$/gm)].map(([, file = '', command = '']) => ({
    file: `examples/${file}`,
    command,
  }));
}

/** A client that follows a room: the lines that it printed, `name: text` for each message. */
export class RunningClient implements AsyncDisposable {
  readonly command: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #errors = '';
  #exit: string | null = null;

  constructor(command: string, url: string) {
    this.command = command;
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn('sh', ['-c', command], {
      cwd: root,
      // The node that runs the tests comes first; a process group of its own, so that no curl is left behind.
      env: { PATH: [dirname(process.execPath), PATH].join(delimiter), HOME, PARLEY_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#exit = `it ended with ${code ?? signal}`;
        resolve();
      });
    });
  }

  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Null while it runs; with what it said of itself. */
  get exit(): string | null {
    return this.#exit === null ? null : `${this.#exit}: ${this.#errors}`;
  }

  /** Whether it printed this. Throws when it has ended. */
  said(text: string): boolean {
    if (this.exit !== null) throw new Error(`${this.command}: ${this.exit}`);
    return this.#output.includes(`${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === null && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#ended;
  }
}

const pageQuery = `query ($slug: String!, $before: String) {
  asOf room(by: { slug: $slug }) { id messages(last: 100, before: $before) {
    nodes { text author { displayName } } pageInfo { hasPreviousPage startCursor }
  } }
}`;

/** A room as one answer shows it. */
export interface SeenRoom {
  readonly id: string;
  /** The cursor after which a subscription goes on. */
  readonly asOf: string;
  /** All that was said, as the clients print it, the oldest first. */
  readonly lines: readonly string[];
}

export async function readRoom(reader: Pick<Person, 'ask'>, slug: string): Promise<SeenRoom> {
  const pages: Answer[] = [];
  for (let before: string | null = null; ; ) {
    const page: Answer = await reader.ask(pageQuery, { slug, before });
    pages.unshift(page);
    const { pageInfo } = page.data.room.messages;
    if (!pageInfo.hasPreviousPage) break;
    before = pageInfo.startCursor;
  }
  // Older pages do not grow: the first answer, now the last, says where the whole stands.
  const newest = pages.at(-1)?.data;
  const nodes: { text: string; author: { displayName: string } }[] = pages.flatMap(
    ({ data }) => data.room.messages.nodes,
  );
  return {
    id: newest.room.id,
    asOf: newest.asOf,
    lines: nodes.map(({ text, author }) => `${author.displayName}: ${text}`),
  };
}

/** Somebody who says `1`, `2`, … and repeats what got no answer with the same key, until told to stop. */
export class SteadyWriter {
  readonly #running: Promise<void>;
  #count = 0;
  #isStopped = false;

  constructor(options: { readonly person: Person; readonly roomId: string; readonly pauseMs: number }) {
    this.#running = this.#run(options);
  }

  /** How many were acknowledged. */
  get count(): number {
    return this.#count;
  }

  /** Resolves when the last one is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run({ person, roomId, pauseMs }: { person: Person; roomId: string; pauseMs: number }): Promise<void> {
    const document = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }`;
    while (!this.#isStopped) {
      const text = `${this.#count + 1}`;
      const answer = await person
        .ask(document, { input: { roomId, text, clientKey: `writer-${text}` } })
        .catch(() => null);
      if (answer?.data?.sendMessage.message) this.#count += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
