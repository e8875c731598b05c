import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Inbox } from './ws-client.ts';

/** One block of an event stream, as it came. */
export interface SseEvent {
  /** `next` or `complete`; of a comment or a `retry:` alone, the field's own name. */
  readonly event: string;
  readonly id: string | null;
  /** Parsed; null where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape.
  readonly data: any;
  readonly retry: number | null;
}

export interface SseRequest {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  /** More parameters of the address. */
  readonly search?: Record<string, string>;
  /** In place of the JSON of query and variables. */
  readonly body?: string;
}

/** A client of one event stream that queues from the first byte. */
export class SseClient implements Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly response: IncomingMessage;
  /** Results, completion, comments and retry hints, in order. Rejects after the end, when all was taken. */
  readonly blocks = new Inbox<SseEvent>();
  /** Clean: the answer came to its end. Cut: the connection broke before. */
  readonly ended: Promise<'clean' | 'cut'>;
  /** All text that came. */
  text = '';
  #rest = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
        this.blocks.end(new Error('the event stream ended'));
        resolve(response.complete ? 'clean' : 'cut');
      });
    });
  }

  /** The next result. Throws when the stream completes or ends before. */
  // biome-ignore lint/suspicious/noExplicitAny: see data.
  async next(): Promise<{ id: string | null; data: any }> {
    const block = (await this.blocks.until(({ event }) => event === 'next' || event === 'complete')).at(-1) as SseEvent;
    if (block.event === 'complete') throw new Error('the event stream completed');
    return block;
  }

  /** All that is still to come, to the end. */
  async rest(): Promise<SseEvent[]> {
    await this.ended;
    return [...this.blocks.waiting];
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }

  #take(text: string): void {
    this.text += text;
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) this.blocks.push(parseBlock(block));
  }
}

/** Asks for events at /graphql of the server at `url`; settles with the head of the answer. */
export function openEvents(url: string, options: SseRequest): Promise<SseClient> {
  const { query, variables = {}, operationName, method = 'POST', headers = {}, search = {}, body } = options;
  const params = new URLSearchParams(search);
  if (method === 'GET') {
    params.set('query', query);
    params.set('variables', JSON.stringify(variables));
  }
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/graphql?${params}`, {
      method,
      headers: {
        accept: 'text/event-stream',
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
    });
    asked.once('response', (response) => resolve(new SseClient(response)));
    asked.once('error', reject);
    asked.end(method === 'POST' ? (body ?? JSON.stringify({ query, variables, operationName })) : undefined);
  });
}

function parseBlock(block: string): SseEvent {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ''));
  }
  const data = fields.get('data') ?? '';
  const retry = fields.get('retry');
  return {
    event: fields.get('event') ?? (retry === undefined ? 'comment' : 'retry'),
    id: fields.get('id') ?? null,
    data: data === '' ? null : JSON.parse(data),
    retry: retry === undefined ? null : Number(retry),
  };
}
