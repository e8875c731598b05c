import { Fault } from '../observe/fault.ts';

/** What a request over HTTP says, not yet checked but for being of the right form. */
export interface RequestParams {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

/** Of the query string of a GET. Throws BAD_REQUEST where variables or extensions are no JSON object. */
export function paramsOfUrl({ searchParams }: URL): RequestParams {
  const json = (name: string) => {
    const text = searchParams.get(name);
    return text === null || text === '' ? undefined : parseObject(text, name);
  };
  return {
    query: searchParams.get('query') ?? undefined,
    operationName: searchParams.get('operationName') ?? undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

/** Of the body of a POST. Throws BAD_REQUEST where it is no JSON object. */
export function paramsOfBody(text: string): RequestParams {
  return parseObject(text, 'the body');
}

/** The media type of a Content-Type header, without its parameters; undefined where there is none. */
export function mediaTypeOf(contentType: string | null | undefined): string | undefined {
  return contentType?.split(';')[0]?.trim().toLowerCase();
}

function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault('BAD_REQUEST', `${what} is not JSON`);
  }
  if (typeof value !== 'object' || value === null) throw new Fault('BAD_REQUEST', `${what} is not a JSON object`);
  if (Array.isArray(value)) throw new Fault('BAD_REQUEST', `${what} is a list: send one operation per request`);
  return value as Record<string, unknown>;
}
