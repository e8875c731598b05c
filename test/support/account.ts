import { randomBytes } from 'node:crypto';
import { type Answer, type Person, personOf, post } from './person.ts';

export const goodPassword = 'seven small otters';

export const signUpMutation = `mutation ($input: SignUpInput!) { signUp(input: $input) {
  viewer { user { id handle displayName isGuest } } token expiresAt errors { code path message }
} }`;
export const signInMutation = `mutation ($input: SignInInput!) { signIn(input: $input) {
  viewer { user { id handle displayName isGuest } } token expiresAt
  errors { code path message ... on RateLimited { bucket retryAfterMs } }
} }`;

/** A handle that no other test has. */
export function newHandle(name = 'otter'): string {
  return `${name}_${randomBytes(5).toString('hex')}`;
}

export interface Member extends Person {
  readonly handle: string;
  readonly password: string;
}

/** Somebody with an account, signed in by a token. */
export async function signUp(
  server: { readonly url: string },
  { handle = newHandle(), password = goodPassword, displayName = 'Otter' } = {},
): Promise<Member> {
  const { data } = await post(server.url, signUpMutation, { input: { handle, password, displayName } });
  const { viewer, token, errors } = data.signUp;
  if (!viewer) throw new Error(JSON.stringify(errors));
  return { ...personOf(server, viewer.user.id, token), handle, password };
}

/** The payload of signIn. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of any shape.
export async function signIn(server: { readonly url: string }, handle: string, password: string): Promise<any> {
  const answer: Answer = await post(server.url, signInMutation, { input: { handle, password } });
  if (!answer.data?.signIn) throw new Error(JSON.stringify(answer));
  return answer.data.signIn;
}

/** The same person on another device. */
export async function signInAs(server: { readonly url: string }, { id, handle, password }: Member): Promise<Person> {
  return personOf(server, id, (await signIn(server, handle, password)).token);
}
