import { enterDocument } from './documents.ts';
import { ParleyError } from './errors.ts';
import { endpointOf } from './parley.ts';
import { type EndpointOptions, mutate, throwRefused } from './request.ts';
import { Credential } from './token.ts';

export interface Guest {
  /** The whole sign-in: keep it as a secret. */
  readonly token: string;
  readonly user: { readonly id: string; readonly displayName: string };
}

/** Makes a guest. Throws ParleyError where the name or the request was refused. */
export async function enterAsGuest({
  displayName,
  url,
  ...rest
}: EndpointOptions & { url: string | URL; displayName: string }): Promise<Guest> {
  const endpoint = { ...rest, url: endpointOf(url), credential: new Credential(null) };
  const { data } = await mutate(endpoint, enterDocument, { displayName });
  const { token, viewer, errors } = data.enterAsGuest;
  throwRefused(errors);
  if (token === null || viewer === null) throw new ParleyError('BAD_ANSWER', 'neither a token nor a refusal came');
  return { token, user: viewer.user };
}
