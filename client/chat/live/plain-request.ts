import { CombinedError } from 'urql';
import { faultSentence } from '../state/sentences.ts';

interface Refused {
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/**
 * A request beside GraphQL, signed in by the cookie. Its answer; or why there is none, as a sentence. `sentences` has own words for
 * codes.
 */
export async function plainRequest(
  path: string,
  init: RequestInit,
  sentences: Readonly<Record<string, string>> = {},
): Promise<Response | string> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    return faultSentence(new CombinedError({ networkError: error as Error }));
  }
  if (response.ok) return response;
  // A proxy in front may answer with a page of its own.
  const { errors = [] } = (await response.json().catch(() => ({}))) as Refused;
  const [first] = errors;
  if (first === undefined) return `The server did not take it (${response.status}).`;
  return sentences[first.extensions?.code ?? ''] ?? faultSentence(new CombinedError({ graphQLErrors: [first] }));
}
