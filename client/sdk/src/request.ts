import { type Clock, realClock, retryDelayMs } from './clock.ts';
import { type ParleyDocument, textOf } from './document.ts';
import { errorOfRefusal, type GraphQLErrorShape, ParleyError } from './errors.ts';
import { type Token, tokenNow } from './socket.ts';

export interface Answer<Data> {
  readonly data: Data;
  /** Of fields that could not be had; they are null in `data`. */
  readonly errors: readonly GraphQLErrorShape[];
  /** The place in the log of the whole answer: a stream after it misses nothing and repeats nothing. */
  readonly asOf: string | null;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface EndpointOptions {
  /** `http://` or `https://`, to the endpoint. */
  readonly url: string;
  readonly token?: Token | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  /** How long one try may take. Default 15 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long what may be repeated is repeated. Default 60 s. */
  readonly repeatForMs?: number | undefined;
}

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether it may be sent again where its outcome is not known. */
  readonly isRepeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One operation over HTTP. Throws ParleyError where it was refused as a whole; what mends itself (no answer, RATE_LIMITED,
 * UNAVAILABLE) is first repeated, if it may be, as long as `repeatForMs` says and no sooner than the server asks.
 */
export async function request<Data>(endpoint: EndpointOptions, operation: Operation): Promise<Answer<Data>> {
  const { clock = realClock } = endpoint;
  return repeating(endpoint, operation, clock.now(), () => ask<Data>(endpoint, operation));
}

/** Calls `attempt` until it does not throw what mends itself. */
export async function repeating<Value>(
  { clock = realClock, random, repeatForMs = 60_000 }: EndpointOptions,
  { isRepeatable, signal }: Pick<Operation, 'isRepeatable' | 'signal'>,
  begunAt: number,
  attempt: () => Promise<Value>,
): Promise<Value> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ParleyError) || error.isFinal || !isRepeatable) throw error;
      const waitMs = retryDelayMs(failures, random, error.retryAfterMs);
      if (clock.now() - begunAt + waitMs > repeatForMs) throw error;
      await wait(waitMs, clock, signal);
    }
  }
}

async function ask<Data>(endpoint: EndpointOptions, { query, variables, signal }: Operation): Promise<Answer<Data>> {
  const { url, token, fetch: fetchWith = fetch, requestTimeoutMs = 15_000 } = endpoint;
  const bearer = await tokenNow(token);
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  let response: Response;
  let body: unknown;
  try {
    response = await fetchWith(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    body = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ParleyError('UNREACHABLE', timeout.aborted ? `no answer in ${requestTimeoutMs} ms` : String(cause), {
      cause,
    });
  }
  return answerOf<Data>(response, String(body));
}

function answerOf<Data>(response: Response, text: string): Answer<Data> {
  const body = parsed(text);
  const retryAfterMs = Number(response.headers.get('retry-after')) * 1_000 || undefined;
  if (body === null || (body.data === undefined && !Array.isArray(body.errors))) {
    const isOfProxy = response.status >= 500 || response.status === 429 || response.status === 408;
    throw new ParleyError(
      isOfProxy ? 'UNREACHABLE' : 'BAD_ANSWER',
      `status ${response.status} without an answer in JSON`,
      {
        details: { status: response.status, retryAfterMs },
      },
    );
  }
  const errors = (body.errors ?? []) as readonly GraphQLErrorShape[];
  if (body.data == null) throw errorOfRefusal(errors);
  const { asOf } = (body.extensions ?? {}) as { asOf?: unknown };
  return { data: body.data as Data, errors, asOf: typeof asOf === 'string' ? asOf : null };
}

function parsed(text: string): { data?: unknown; errors?: unknown; extensions?: unknown } | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' ? body : null;
  } catch {
    return null;
  }
}

function wait(ms: number, clock: Clock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      prevent();
      reject(signal?.reason);
    };
    const prevent = clock.later(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** A query. It changes nothing, so it is repeated. */
export function query<Data, Variables>(
  endpoint: EndpointOptions,
  document: ParleyDocument<Data, Variables>,
  variables: object = {},
  { signal }: RequestOptions = {},
): Promise<Answer<Data>> {
  return request(endpoint, { query: textOf(document), variables: { ...variables }, isRepeatable: true, signal });
}

/** One try of an operation, whatever comes of it. */
export function once<Data, Variables>(
  endpoint: EndpointOptions,
  document: ParleyDocument<Data, Variables>,
  variables: object,
  { signal }: RequestOptions = {},
): Promise<Answer<Data>> {
  return ask(endpoint, { query: textOf(document), variables: { ...variables }, isRepeatable: false, signal });
}

/** A mutation. With a `clientKey`, in the variables or in their `input`, the server does it once, so it is repeated. */
export function mutate<Data, Variables>(
  endpoint: EndpointOptions,
  document: ParleyDocument<Data, Variables>,
  variables: object = {},
  { signal }: RequestOptions = {},
): Promise<Answer<Data>> {
  const { clientKey, input } = variables as { clientKey?: unknown; input?: { clientKey?: unknown } | null };
  const isRepeatable = typeof (clientKey ?? input?.clientKey) === 'string';
  return request(endpoint, { query: textOf(document), variables: { ...variables }, isRepeatable, signal });
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Throws the first refusal of a mutation's payload. */
export function throwRefused([first]: readonly Refusal[]): void {
  if (first === undefined) return;
  const { code, message, ...details } = first;
  throw new ParleyError(code, message, { details });
}
