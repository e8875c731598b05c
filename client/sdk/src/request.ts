import { type Clock, realClock, retryDelayMs } from './clock.ts';
import { type ParleyDocument, textOf } from './document.ts';
import { errorOfRefusal, type GraphQLErrorShape, ParleyError } from './errors.ts';
import { type Credential, isOfToken, mostRefusals } from './token.ts';

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

const defaultTimeoutMs = 15_000;

export interface EndpointOptions {
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  /** How long one try may take. Default 15 s. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long what may be repeated is repeated. Default 60 s. */
  readonly repeatForMs?: number | undefined;
}

export interface Endpoint extends EndpointOptions {
  /** `http://` or `https://`, to the endpoint. */
  readonly url: string;
  readonly credential: Credential;
  /** Aborted: nothing is repeated any more. */
  readonly closing?: AbortSignal | undefined;
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
export async function request<Data>(endpoint: Endpoint, operation: Operation): Promise<Answer<Data>> {
  const { clock = realClock } = endpoint;
  return repeating(endpoint, operation, clock.now(), () => ask<Data>(endpoint, operation));
}

/** Calls `attempt` until it does not throw what mends itself. */
export async function repeating<Value>(
  { credential, clock = realClock, random, repeatForMs = 60_000, closing }: Endpoint,
  { isRepeatable, signal }: Pick<Operation, 'isRepeatable' | 'signal'>,
  begunAt: number,
  attempt: () => Promise<Value>,
): Promise<Value> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ParleyError) || credential.isFinal(error) || !isRepeatable) throw error;
      const waitMs = retryDelayMs(failures, random, error.retryAfterMs);
      if (clock.now() - begunAt + waitMs > repeatForMs) throw error;
      await wait(waitMs, clock, signal, closing);
    }
  }
}

/**
 * One try, and another one for each token that the server does not take while there is a next one. What has begun and may not be
 * repeated is left as it is.
 */
async function ask<Data>(endpoint: Endpoint, operation: Operation): Promise<Answer<Data>> {
  const { credential } = endpoint;
  for (let refusals = 1; ; refusals += 1) {
    const bearer = await within(endpoint, operation, () => credential.now());
    try {
      return await askAs<Data>(endpoint, operation, bearer);
    } catch (error) {
      const mayRepeat = operation.isRepeatable || !hasBegun.has(error as ParleyError);
      if (!isOfToken(error) || !mayRepeat || refusals > mostRefusals) throw error;
      if (!(await within(endpoint, operation, () => credential.hasOther(bearer)))) throw error;
      endpoint.closing?.throwIfAborted();
    }
  }
}

/** Errors of operations of which a part was done, maybe. */
const hasBegun = new WeakSet<ParleyError>();

/** Waits for `act` no longer than one try may take. */
async function within<Value>(
  { requestTimeoutMs = defaultTimeoutMs, clock = realClock, closing }: Endpoint,
  { signal }: Operation,
  act: () => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const give = () => controller.abort(signal?.aborted ? signal.reason : closing?.reason);
  const late = clock.later(requestTimeoutMs, () =>
    controller.abort(new ParleyError('UNREACHABLE', `no token in ${requestTimeoutMs} ms`)),
  );
  for (const one of [signal, closing]) one?.addEventListener('abort', give, { once: true });
  try {
    if (signal?.aborted || closing?.aborted) give();
    return await Promise.race([act(), aborted(controller.signal)]);
  } finally {
    late();
    for (const one of [signal, closing]) one?.removeEventListener('abort', give);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

async function askAs<Data>(
  { url, fetch: fetchWith = fetch, requestTimeoutMs = defaultTimeoutMs }: Endpoint,
  { query, variables, signal }: Operation,
  bearer: string | null,
): Promise<Answer<Data>> {
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
  if (body.data == null) {
    const refusal = errorOfRefusal(errors);
    if (errors[0]?.path !== undefined) hasBegun.add(refusal);
    throw refusal;
  }
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

function wait(
  ms: number,
  clock: Clock,
  signal: AbortSignal | undefined,
  closing: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sources = [signal, closing].filter((source) => source !== undefined);
    const done = () => {
      prevent();
      for (const source of sources) source.removeEventListener('abort', stop);
    };
    const stop = () => {
      done();
      reject(sources.find(({ aborted }) => aborted)?.reason);
    };
    const prevent = clock.later(ms, () => {
      done();
      resolve();
    });
    for (const source of sources) source.addEventListener('abort', stop, { once: true });
    if (sources.some(({ aborted }) => aborted)) stop();
  });
}

/** A query. It changes nothing, so it is repeated. */
export function query<Data, Variables>(
  endpoint: Endpoint,
  document: ParleyDocument<Data, Variables>,
  variables: object = {},
  { signal }: RequestOptions = {},
): Promise<Answer<Data>> {
  return request(endpoint, { query: textOf(document), variables: { ...variables }, isRepeatable: true, signal });
}

/** One try of an operation that has a `clientKey`, whatever comes of it. */
export function once<Data, Variables>(
  endpoint: Endpoint,
  document: ParleyDocument<Data, Variables>,
  variables: object,
  { signal }: RequestOptions = {},
): Promise<Answer<Data>> {
  return ask(endpoint, { query: textOf(document), variables: { ...variables }, isRepeatable: true, signal });
}

/** A mutation. With a `clientKey`, in the variables or in their `input`, the server does it once, so it is repeated. */
export function mutate<Data, Variables>(
  endpoint: Endpoint,
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
