import type { ApiToken, ApiTokenId, UserId } from '../src/chat/model.ts';
import { isRefused, type Refusal } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { encodeId, idOf, unknownId } from './ids.ts';
import { type PageArguments, pagesById, readPage, toConnection } from './page.ts';
import { ApiScopeRef } from './scopes.ts';

const ApiTokenRef = builder.objectRef<ApiToken>('ApiToken').implement({
  description:
    'A credential for a program: it acts as a person or a bot, within its scopes. Only its owner sees it, and its text only once.',
  fields: (t) => ({
    id: t.id({ description: 'Global id.', resolve: ({ id }) => encodeId('apiToken', id) }),
    name: t.exposeString('name', { description: 'What its owner calls it.' }),
    hint: t.exposeString('hint', { description: 'Its prefix and its last four characters, to tell tokens apart.' }),
    scopes: t.field({
      type: [ApiScopeRef],
      description: 'What it may be used for.',
      resolve: ({ scopes }) => [...scopes],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was used last, to the minute. Null: never so far.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself. Null: it does not.',
    }),
  }),
});

export const ApiTokenConnection = builder.connectionObject(
  { type: ApiTokenRef, name: 'ApiTokenConnection', description: 'A page of API tokens, in the order of making.' },
  { name: 'ApiTokenEdge', description: 'An API token and its place in the connection.' },
);

/** Tokens that act as somebody. The caller has checked that they are the viewer or a bot of theirs. */
export async function apiTokensOf(name: string, userId: UserId, args: PageArguments, { services, reading }: Context) {
  const kind = pagesById<ApiTokenId>(name);
  const page = await services.queries.apiTokens(reading, userId, readPage(kind, args, 'first'));
  return toConnection(kind, page, ({ id }) => id);
}

interface CreateAnswer {
  readonly token: string | null;
  readonly apiToken: ApiToken | null;
  readonly errors: readonly Refusal[];
}

const CreateApiTokenPayload = builder.objectRef<CreateAnswer>('CreateApiTokenPayload').implement({
  description: 'What came of the mutation.',
  fields: (t) => ({
    token: t.exposeString('token', {
      nullable: true,
      description:
        'The text of the token, shown this once, for `Authorization: Bearer …` or connectionParams: keep it secret. Null when refused.',
    }),
    apiToken: t.expose('apiToken', {
      type: ApiTokenRef,
      nullable: true,
      description: 'What is known of it from now on. Null when refused.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const creating = new Change({
  does: 'Makes an API token, for the caller or a bot of theirs. Asks for a recent sign-in; API tokens cannot make tokens.',
  bucket: 'changes',
  codes: [
    'TOKEN_NAME_INVALID',
    'SCOPES_EMPTY',
    'EXPIRY_INVALID',
    'TOO_MANY_API_TOKENS',
    'ACCOUNT_REQUIRED',
    'SIGN_IN_AGAIN',
    'NOT_FOUND',
  ],
});

builder.mutationField('createApiToken', (t) =>
  t.fieldWithInput({
    ...creating.field,
    type: CreateApiTokenPayload,
    typeOptions: { description: 'The token to make.' },
    input: {
      name: t.input.string({
        required: true,
        description: `What to call it: one line of 1 to ${textLimits.displayNameCodePoints} code points, blanks at both ends not counted.`,
      }),
      scopes: t.input.field({ type: [ApiScopeRef], required: true, description: 'What it may be used for.' }),
      expiresInDays: t.input.int({
        description: 'Days until it ends by itself, 1 to 3,650. Absent or null: it does not.',
      }),
      botId: t.input.id({
        description: 'Global id of the user that is a bot of the caller. Absent or null: the token acts as the caller.',
      }),
    },
    resolve: async (_root, { input }, context): Promise<CreateAnswer> => {
      const outcome = await creating.attempt(context, () => {
        const botId = input.botId ? idOf('user', input.botId) : null;
        if (input.botId && !botId) return unknownId('botId');
        const { name, scopes, expiresInDays = null } = input;
        return context.services.apiTokens.create(requireViewer(context), { name, scopes, expiresInDays, botId });
      });
      if (isRefused(outcome)) return { token: null, apiToken: null, errors: [outcome.refusal] };
      await context.committed(outcome.head);
      return { token: outcome.token, apiToken: outcome.apiToken, errors: [] };
    },
  }),
);

interface RevokeAnswer {
  readonly apiTokenId: string | null;
  readonly cursor: string | null;
  readonly errors: readonly Refusal[];
}

const RevokeApiTokenPayload = builder.objectRef<RevokeAnswer>('RevokeApiTokenPayload').implement({
  description: 'What came of the mutation.',
  fields: (t) => ({
    apiTokenId: t.exposeID('apiTokenId', {
      nullable: true,
      description: 'Global id of the token that ended. Null when refused.',
    }),
    cursor: t.expose('cursor', {
      type: 'Cursor',
      nullable: true,
      description: 'Cursor of the event CredentialsEnded. Null when refused.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const revoking = new Change({
  does: 'Ends an API token of the caller or of a bot of theirs: it is void at once, and its streams end with SIGNED_OUT.',
  bucket: 'changes',
  codes: ['NOT_FOUND'],
});

builder.mutationField('revokeApiToken', (t) =>
  t.fieldWithInput({
    ...revoking.field,
    type: RevokeApiTokenPayload,
    typeOptions: { description: 'Which API token to end.' },
    input: { apiTokenId: t.input.id({ required: true, description: 'Global id of the API token.' }) },
    resolve: async (_root, { input }, context): Promise<RevokeAnswer> => {
      const outcome = await revoking.attempt(context, () => {
        const id = idOf('apiToken', input.apiTokenId);
        if (!id) return unknownId('apiTokenId');
        return context.services.apiTokens.revoke(requireViewer(context), id);
      });
      if (isRefused(outcome)) return { apiTokenId: null, cursor: null, errors: [outcome.refusal] };
      await context.committed(outcome.head);
      const { id, mark } = outcome;
      return {
        apiTokenId: encodeId('apiToken', id),
        cursor: mark && context.services.cursors.encode(mark),
        errors: [],
      };
    },
  }),
);
