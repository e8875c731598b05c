import { proofMs } from '../src/chat/accounts/proof.ts';
import type { DeletedContent } from '../src/chat/contract.ts';
import { requireViewer } from './access.ts';
import { overPasswordRate } from './account.ts';
import { builder } from './builder.ts';
import { Change } from './change.ts';
import { ServerRef } from './server.ts';
import { endedPayload, endSessions } from './session.ts';

const DeletedContentRef = builder.enumType('DeletedContent', {
  description: 'What becomes of the messages of somebody who deletes their account.',
  values: {
    ERASE: { description: 'They are deleted, as by their author: at once for readers, from the database soon after.' },
    KEEP: { description: 'They stay where they are, under «Deleted user».' },
  } as const satisfies Record<DeletedContent, object>,
});

builder.objectField(ServerRef, 'deletedContent', (t) =>
  t.field({
    type: [DeletedContentRef],
    description: 'What deleteAccount offers here; the first is done where nothing is said.',
    resolve: (_server, _args, { services }) => [...services.deletions.offered],
  }),
);

const deleting = new Change({
  does: `Deletes the account of the caller, for ever: handle, name, profile and picture, all ways to sign in, sessions, API tokens and bots are gone at once, memberships soon. The handle stays kept from others. A room whose last owner they were goes to whoever has been a member for longest. Who has an account without a password must have signed in within the last ${proofMs / 60_000} minutes.`,
  bucket: 'signIns',
  codes: ['PASSWORD_WRONG', 'SIGN_IN_AGAIN', 'CONTENT_NOT_OFFERED'],
});

builder.mutationField('deleteAccount', (t) =>
  t.fieldWithInput({
    ...deleting.field,
    type: endedPayload('DeleteAccountPayload'),
    typeOptions: { description: 'How to leave.' },
    input: {
      password: t.input.string({ description: 'The password, of those who have one.' }),
      content: t.input.field({
        type: DeletedContentRef,
        description: 'What to do with what they wrote: one of Server.deletedContent. Absent or null: its first.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const answer = await endSessions(deleting, context, async () => {
        const viewer = requireViewer(context);
        const { password = null, content = null } = input;
        const refused = password === null ? null : await overPasswordRate(context, viewer);
        return refused ?? context.services.deletions.deleteAccount(viewer, { password, content });
      });
      if (answer.errors.length === 0) context.setCookie?.(null, null);
      return answer;
    },
  }),
);
