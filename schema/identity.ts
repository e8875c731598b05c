import type { Identity } from '../src/chat/model.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change } from './change.ts';
import { encodeId, idOf, unknownId } from './ids.ts';
import { removedPayload, runRemoval } from './removal.ts';

export const IdentityRef = builder.objectRef<Identity>('Identity').implement({
  description: 'Who the viewer is at a provider of OpenID Connect that lets them in. Nobody else sees it.',
  fields: (t) => ({
    id: t.id({ description: 'Global id.', resolve: ({ id }) => encodeId('identity', id) }),
    issuer: t.exposeString('issuer', { description: 'The provider, by the URL that it calls itself.' }),
    subject: t.exposeString('subject', { description: 'What the provider calls the viewer: no name, and for ever.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was linked.' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', description: 'When it last let the viewer in.' }),
  }),
});

const unlinking = new Change({
  does: 'Takes an identity off the account of the caller: it lets nobody in any more. Not the last way to sign in.',
  bucket: 'changes',
  codes: ['NOT_FOUND', 'LAST_SIGN_IN_WAY'],
});

builder.mutationField('unlinkIdentity', (t) =>
  t.fieldWithInput({
    ...unlinking.field,
    type: removedPayload('UnlinkIdentityPayload', 'identity'),
    typeOptions: { description: 'Which identity to unlink.' },
    input: { identityId: t.input.id({ required: true, description: 'Global id of the identity.' }) },
    resolve: (_root, { input }, context) =>
      runRemoval(unlinking, context, 'identity', () => {
        const id = idOf('identity', input.identityId);
        if (!id) return unknownId('identityId');
        return context.services.identities.unlink(requireViewer(context), id);
      }),
  }),
);
