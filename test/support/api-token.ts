import { type Person, personOf } from './person.ts';

export const createTokenMutation = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  token apiToken { id name hint scopes createdAt lastUsedAt expiresAt } errors { code path message }
} }`;
export const createBotMutation = `mutation ($input: CreateBotInput!) { createBot(input: $input) {
  bot { user { id handle displayName isBot isGuest } createdAt } cursor replayed errors { code path message }
} }`;

export type Scope = 'READ' | 'WRITE' | 'ROOMS' | 'PROFILE';
export const allScopes: readonly Scope[] = ['READ', 'WRITE', 'ROOMS', 'PROFILE'];

/** The same person, or a bot of theirs, by a token; `tokenId` ends it. */
export interface Program extends Person {
  readonly tokenId: string;
}

export interface ProgramOptions {
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  readonly expiresInDays?: number;
  readonly botId?: string;
}

export async function makeProgram(
  server: { readonly url: string },
  owner: Person,
  { name = 'Program', scopes = allScopes, ...rest }: ProgramOptions = {},
): Promise<Program> {
  const answer = await owner.ask(createTokenMutation, { input: { name, scopes, ...rest } });
  const made = answer.data?.createApiToken;
  if (!made?.token) throw new Error(JSON.stringify(answer));
  return { ...personOf(server, rest.botId ?? owner.id, made.token), tokenId: made.apiToken.id };
}

/** The global id of its user. */
export async function makeBot(owner: Person, handle: string, displayName = 'Owl'): Promise<string> {
  const answer = await owner.ask(createBotMutation, { input: { handle, displayName } });
  const made = answer.data?.createBot;
  if (!made?.bot) throw new Error(JSON.stringify(answer));
  return made.bot.user.id;
}

export async function revokeToken(owner: Person, apiTokenId: string): Promise<void> {
  const mutation = `mutation ($id: ID!) { revokeApiToken(input: { apiTokenId: $id }) { apiTokenId errors { code } } }`;
  const { data } = await owner.ask(mutation, { id: apiTokenId });
  if (data?.revokeApiToken.apiTokenId !== apiTokenId) throw new Error(JSON.stringify(data));
}
