import { proofMs } from '../src/chat/accounts/proof.ts';
import type { Confirmed } from '../src/chat/contract.ts';
import { isRefused, type Refusal, type Refused } from '../src/chat/refusal.ts';
import { requireViewer } from './access.ts';
import { overPasswordRate } from './account.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { noResponse, readRequestResponse } from './passkey.ts';

const minutes = proofMs / 60_000;

interface ConfirmedAnswer {
  readonly confirmedUntil: Date | null;
  readonly errors: readonly Refusal[];
}

const ConfirmPayload = builder.objectRef<ConfirmedAnswer>('ConfirmPayload').implement({
  description: 'What came of the mutation.',
  fields: (t) => ({
    confirmedUntil: t.expose('confirmedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the session counts as just signed in. Null when refused.',
    }),
    errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
  }),
});

const whatFor = `For ${minutes} minutes the session of the caller counts as just signed in: what gives another way in, and SIGN_IN_AGAIN, asks for that.`;

const byPassword = new Change({
  does: `Confirms by the password who the caller is. ${whatFor}`,
  bucket: 'signIns',
  codes: ['PASSWORD_WRONG', 'SIGN_IN_AGAIN', 'ACCOUNT_REQUIRED'],
});

builder.mutationField('confirmWithPassword', (t) =>
  t.fieldWithInput({
    ...byPassword.field,
    type: ConfirmPayload,
    typeOptions: { description: 'The proof.' },
    input: { password: t.input.string({ required: true, description: 'The password.' }) },
    resolve: (_root, { input }, context) =>
      confirm(byPassword, context, async () => {
        const viewer = requireViewer(context);
        const refused = await overPasswordRate(context, viewer);
        return refused ?? context.services.accounts.confirm(viewer, input.password);
      }),
  }),
);

const byPasskey = new Change({
  does: `Confirms by a passkey, used on the options of passkeySignInOptions, who the caller is. ${whatFor}`,
  bucket: 'signIns',
  codes: ['PASSKEY_REFUSED', 'PASSKEYS_UNAVAILABLE', 'SIGN_IN_AGAIN'],
});

builder.mutationField('confirmWithPasskey', (t) =>
  t.fieldWithInput({
    ...byPasskey.field,
    type: ConfirmPayload,
    typeOptions: { description: 'The proof.' },
    input: {
      response: t.input.field({
        type: 'WebAuthnJSON',
        required: true,
        description: 'What the browser answered to the options of passkeySignInOptions.',
      }),
    },
    resolve: (_root, { input }, context) =>
      confirm(byPasskey, context, () => {
        const response = readRequestResponse(input.response);
        return response ? context.services.passkeys.confirm(requireViewer(context), response) : noResponse();
      }),
  }),
);

async function confirm(
  change: Change,
  context: Context,
  act: () => Promise<Refused | Confirmed> | Refused,
): Promise<ConfirmedAnswer> {
  const outcome = await change.attempt(context, act);
  return isRefused(outcome) ? { confirmedUntil: null, errors: [outcome.refusal] } : { ...outcome, errors: [] };
}
