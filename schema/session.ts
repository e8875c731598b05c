import type { Ended } from '../src/chat/contract.ts';
import type { Session } from '../src/chat/model.ts';
import { isRefused, type Refusal, type Refused } from '../src/chat/refusal.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { encodeId, idOf, unknownId } from './ids.ts';

type OwnSession = Session & { readonly isCurrent: boolean };

const SessionRef = builder.objectRef<OwnSession>('Session').implement({
  description: 'A sign-in of the viewer, by a token or a cookie. Nobody else sees it.',
  fields: (t) => ({
    id: t.id({ description: 'Global id.', resolve: ({ id }) => encodeId('session', id) }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it began.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When it was used last, to the hour.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it ends if it is not used before; each use puts it off.',
    }),
    isCurrent: t.exposeBoolean('isCurrent', { description: 'True for the one that asks.' }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The program that signed in, as it named itself, in at most 250 code points. Null: it did not.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'Network address that it signed in from; of an IPv6 one the first 64 bits. Null: not known.',
    }),
  }),
});

export const SessionConnection = builder.connectionObject(
  { type: SessionRef, name: 'SessionConnection', description: 'A page of sessions, in the order of signing in.' },
  { name: 'SessionEdge', description: 'A session and its place in the connection.' },
);

export interface EndedAnswer {
  readonly sessionIds: readonly string[];
  readonly cursor: string | null;
  readonly errors: readonly Refusal[];
}

/** Payload of a mutation that ends sessions. */
export function endedPayload(name: string) {
  return builder.objectRef<EndedAnswer>(name).implement({
    description: 'What came of the mutation.',
    fields: (t) => ({
      sessionIds: t.idList({
        description: 'Global ids of the sessions that ended. Empty when refused, or when there were none.',
        resolve: ({ sessionIds }) => [...sessionIds],
      }),
      cursor: t.expose('cursor', {
        type: 'Cursor',
        nullable: true,
        description: 'Cursor of the event CredentialsEnded. Null when no session ended.',
      }),
      errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
    }),
  });
}

/** Runs what ends sessions; the position of the answer is where they ended. */
export async function endSessions(
  change: Change,
  context: Context,
  act: () => Promise<Refused | Ended> | Refused,
): Promise<EndedAnswer> {
  const outcome = await change.attempt(context, act);
  if (isRefused(outcome)) return { sessionIds: [], cursor: null, errors: [outcome.refusal] };
  await context.committed(outcome.head);
  return {
    sessionIds: outcome.sessionIds.map((id) => encodeId('session', id)),
    cursor: outcome.mark && context.services.cursors.encode(outcome.mark),
    errors: [],
  };
}

const revoking = new Change({
  does: 'Ends a session of the caller, on whichever device: its token or cookie is void at once, and its streams end with SIGNED_OUT.',
  bucket: 'changes',
  codes: ['NOT_FOUND'],
});

builder.mutationField('revokeSession', (t) =>
  t.fieldWithInput({
    ...revoking.field,
    type: endedPayload('RevokeSessionPayload'),
    typeOptions: { description: 'Which session to end.' },
    input: { sessionId: t.input.id({ required: true, description: 'Global id of the session.' }) },
    resolve: (_root, { input }, context) =>
      endSessions(revoking, context, () => {
        const sessionId = idOf('session', input.sessionId);
        if (!sessionId) return unknownId('sessionId');
        return context.services.sessions.revoke(requireViewer(context), sessionId);
      }),
  }),
);

const revokingOthers = new Change({
  does: 'Ends all sessions of the caller but the one that asks.',
  bucket: 'changes',
  codes: [],
});

builder.mutationField('revokeOtherSessions', (t) =>
  t.field({
    ...revokingOthers.field,
    type: endedPayload('RevokeOtherSessionsPayload'),
    resolve: (_root, _args, context) =>
      endSessions(revokingOthers, context, () => context.services.sessions.revokeOthers(requireViewer(context))),
  }),
);
