import type { Outcome } from '../src/chat/contract.ts';
import type { Bot, UserId } from '../src/chat/model.ts';
import type { Refused } from '../src/chat/refusal.ts';
import { requireViewer } from './access.ts';
import { displayNameDescription, handleDescription } from './account.ts';
import { ApiTokenConnection, apiTokensOf } from './api-token.ts';
import { builder } from './builder.ts';
import { Change, changePayload, clientKeyDescription } from './change.ts';
import { idOf, unknownId } from './ids.ts';
import { pageCost } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { UserRef } from './refs.ts';

const BotRef = builder.objectRef<Bot>('Bot').implement({
  description: 'A program that takes part as a user of its own, as its owner sees it. It signs in by API tokens alone.',
  fields: (t) => ({
    user: t.expose('user', { type: UserRef, description: 'It as others see it; its id is the id of the bot.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    apiTokens: t.field({
      type: ApiTokenConnection,
      description: 'API tokens that act as it, in the order of making.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: ({ user }, args, context) => apiTokensOf('Bot.apiTokens', user.id, args, context),
    }),
  }),
});

export const BotConnection = builder.connectionObject(
  { type: BotRef, name: 'BotConnection', description: 'A page of bots, in the order of making.' },
  { name: 'BotEdge', description: 'A bot and its place in the connection.' },
);

const botIdField = { required: true, description: 'Global id of the user that is the bot.' } as const;
const botPayload = (name: string) =>
  changePayload(name, { name: 'bot', type: BotRef, description: 'The bot as it is now.' });

const creating = new Change({
  does: 'Makes a bot, which the caller runs: a user of its own, without a password. API tokens for it: createApiToken.',
  bucket: 'changes',
  codes: [
    'HANDLE_INVALID',
    'HANDLE_TAKEN',
    'DISPLAY_NAME_INVALID',
    'TOO_MANY_BOTS',
    'ACCOUNT_REQUIRED',
    'KEY_INVALID',
    'KEY_CONFLICT',
  ],
});

builder.mutationField('createBot', (t) =>
  t.fieldWithInput({
    ...creating.field,
    type: botPayload('CreateBotPayload'),
    typeOptions: { description: 'The bot to make.' },
    input: {
      handle: t.input.string({ required: true, description: `The handle to have: ${handleDescription}` }),
      displayName: t.input.string({ required: true, description: displayNameDescription }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      creating.run(context, () =>
        context.services.bots.create(requireViewer(context), { ...input, clientKey: input.clientKey ?? null }),
      ),
  }),
);

const updating = new Change({
  does: 'Changes handle or display name of a bot of the caller. What is absent stays.',
  bucket: 'changes',
  codes: ['HANDLE_INVALID', 'HANDLE_TAKEN', 'DISPLAY_NAME_INVALID', 'NOT_FOUND', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('updateBot', (t) =>
  t.fieldWithInput({
    ...updating.field,
    type: botPayload('UpdateBotPayload'),
    typeOptions: { description: 'Which bot to change, and how.' },
    input: {
      botId: t.input.id(botIdField),
      handle: t.input.string({ description: `The handle to have: ${handleDescription} Absent or null: unchanged.` }),
      displayName: t.input.string({ description: `${displayNameDescription} Absent or null: unchanged.` }),
      clientKey: t.input.string({ description: clientKeyDescription }),
    },
    resolve: (_root, { input }, context) =>
      updating.run(context, () =>
        ofBot(input.botId, (botId) =>
          context.services.bots.update(requireViewer(context), {
            botId,
            handle: input.handle ?? undefined,
            displayName: input.displayName ?? undefined,
            clientKey: input.clientKey ?? null,
          }),
        ),
      ),
  }),
);

const deleting = new Change({
  does: 'Deletes a bot of the caller: its API tokens are void at once, its handle is free, and it leaves its rooms. Its messages stay.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'KEY_INVALID', 'KEY_CONFLICT'],
});

builder.mutationField('deleteBot', (t) =>
  t.fieldWithInput({
    ...deleting.field,
    type: changePayload('DeleteBotPayload', {
      name: 'user',
      type: UserRef,
      description: 'The user that was the bot, as others see it from now on.',
    }),
    typeOptions: { description: 'Which bot to delete.' },
    input: { botId: t.input.id(botIdField), clientKey: t.input.string({ description: clientKeyDescription }) },
    resolve: (_root, { input }, context) =>
      deleting.run(context, () =>
        ofBot(input.botId, (botId) =>
          context.services.bots.delete(requireViewer(context), { botId, clientKey: input.clientKey ?? null }),
        ),
      ),
  }),
);

function ofBot<Entity>(
  globalId: string,
  act: (botId: UserId) => Promise<Outcome<Entity>>,
): Promise<Outcome<Entity>> | Refused {
  const botId = idOf('user', globalId);
  return botId ? act(botId) : unknownId('botId');
}
