import { expect } from 'vitest';
import { type FaultCode, faults } from '../../src/observe/fault.ts';
import { expectNoLeak } from './world.ts';
import { connect, type Subscription, type WsClient } from './ws-client.ts';

/** An answer through any door. */
export interface Reply {
  /** As it came, byte for byte. */
  readonly raw: string;
  /** Over HTTP. */
  readonly status?: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of any shape.
  readonly data?: any;
  readonly errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions: Record<string, unknown>;
  }[];
}

/** One way in, as one person. */
export interface Door extends AsyncDisposable {
  /** `variables` as a string: JSON that is sent as it is. */
  ask(query: string, variables?: object | string): Promise<Reply>;
}

export const doorNames = ['HTTP', 'WebSocket', 'SSE'] as const;
export type DoorName = (typeof doorNames)[number];

/** `token` null: signed out. */
export function openDoor(name: DoorName, url: string, token: string | null): Promise<Door> {
  return name === 'WebSocket' ? openSocketDoor(url, token) : Promise.resolve(postDoor(name, url, token));
}

const accepted = { HTTP: 'application/graphql-response+json', SSE: 'text/event-stream' };

function postDoor(name: 'HTTP' | 'SSE', url: string, token: string | null): Door {
  return {
    async ask(query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: accepted[name],
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: payloadOf(query, variables),
      });
      const raw = await response.text();
      if (name === 'HTTP') return { raw, status: response.status, ...JSON.parse(raw) };
      return { raw, ...resultOfEvents(raw) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The one result in a stream of events that ended: a `next` and a `complete`, maybe with a hint when to come back. */
function resultOfEvents(raw: string): object {
  const [, data] = /^(?:retry: \d+\n\n)?event: next\ndata: ([^\n]*)\n\nevent: complete\ndata:\n\n$/.exec(raw) ?? [];
  if (data === undefined) throw new Error(`this is not one result: ${raw}`);
  return JSON.parse(data);
}

/** Everything goes over one socket, which has to outlive all that is asked. */
async function openSocketDoor(url: string, token: string | null): Promise<SocketDoor> {
  return new SocketDoor(await connect(url, token === null ? {} : { connectionParams: { token } }));
}

export class SocketDoor implements Door {
  readonly client: WsClient;
  #raw = '';

  constructor(client: WsClient) {
    this.client = client;
    client.socket.on('message', (data) => {
      this.#raw += `${data}\n`;
    });
  }

  async ask(query: string, variables: object | string = {}): Promise<Reply> {
    this.#raw = '';
    if (typeof variables === 'string') return this.#askAsItIs(query, variables);
    const answer = await this.client.request(query, variables);
    return { raw: this.#raw, ...answer };
  }

  /** A subscription that should be refused: its errors. */
  async refused(query: string, variables: object = {}): Promise<Reply> {
    this.#raw = '';
    const subscription: Subscription = this.client.subscribe(query, variables);
    const outcome = await subscription.next().catch(() => subscription.ended);
    if (outcome.kind !== 'error') throw new Error(`it was not refused: ${JSON.stringify(outcome)}`);
    return { raw: this.#raw, errors: outcome.errors };
  }

  async #askAsItIs(query: string, variables: string): Promise<Reply> {
    this.client.send(`{"id":"as it is","type":"subscribe","payload":${payloadOf(query, variables)}}`);
    const messages = await this.client.messages.until(({ type }) => type === 'error' || type === 'complete');
    const { type, payload } = messages[0] ?? { type: 'complete' };
    return { raw: this.#raw, ...(type === 'error' ? { errors: payload } : payload) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }
}

function payloadOf(query: string, variables: object | string): string {
  const json = typeof variables === 'string' ? variables : JSON.stringify(variables);
  return `{"query":${JSON.stringify(query)},"variables":${json}}`;
}

export type Expectation = (reply: Reply) => void;

/** Refused before execution, or by a field: a GraphQL error with this code and these details. */
export function fault(code: FaultCode, details: Record<string, unknown> = {}): Expectation {
  return ({ status, data, errors, raw }) => {
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(errors?.[0]?.extensions).toMatchObject(details);
    expect(errors?.[0]?.message).toMatch(/\S+ \S+/);
    if (status !== undefined) expect(status).toBe(data === undefined ? faults[code].status : 200);
    expectNoLeak(raw);
  };
}

/** Refused by a mutation: one error in its payload, with code, input field at fault and words. */
export function refusal(field: string, code: string, path: readonly string[] | null): Expectation {
  return ({ status, data, errors, raw }) => {
    expect(errors).toBeUndefined();
    expect(data[field].errors).toEqual([{ code, path, message: expect.stringMatching(new RegExp(`^${code}: .+`)) }]);
    if (status !== undefined) expect(status).toBe(200);
    expectNoLeak(raw);
  };
}

/** Nothing there, or nothing to see: just this data, and no error. */
export function nothing(expected: object): Expectation {
  return ({ data, errors, raw }) => {
    expect(errors).toBeUndefined();
    expect(data).toEqual(expected);
    expectNoLeak(raw);
  };
}
