import { isRecent, proofMs } from '../src/chat/accounts/proof.ts';
import type { SessionId, User, UserId, Viewer } from '../src/chat/model.ts';
import type { Reading } from '../src/chat/reading.ts';
import { ApiTokenConnection, apiTokensOf } from './api-token.ts';
import { BotConnection } from './bot.ts';
import { builder } from './builder.ts';
import { IdentityRef } from './identity.ts';
import { pageCost, pagesById, pagesBySlug, readPage, sizeCost, toConnection } from './page.ts';
import { pageArguments } from './page-arguments.ts';
import { PasskeyRef } from './passkey.ts';
import { UserRef, ViewerRef } from './refs.ts';
import { RoomConnection } from './room.ts';
import { SessionConnection } from './session.ts';

const viewerSessions = pagesById<SessionId>('Viewer.sessions');
const viewerBots = pagesById<UserId>('Viewer.bots');

const viewerRooms = pagesBySlug('Viewer.rooms');

ViewerRef.implement({
  description: 'The signed-in person, as they see themselves.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Who it is.',
      resolve: (viewer, _args, { reading }) => userNow(viewer, reading),
    }),
    rooms: t.field({
      type: RoomConnection,
      description: 'Rooms that the viewer is a member of, in the order of their slugs.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: async (viewer, args, { services, reading }) => {
        const request = readPage(viewerRooms, args, 'first');
        const page = await services.queries.viewerRooms(reading, viewer, request);
        return toConnection(viewerRooms, page, (room) => room.slug);
      },
    }),
    sessions: t.field({
      type: SessionConnection,
      description: 'Where the viewer is signed in, in the order of signing in.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: async (viewer, args, { services, reading }) => {
        const page = await services.queries.sessions(reading, viewer, readPage(viewerSessions, args, 'first'));
        const rows = page.rows.map((row) => ({ ...row, isCurrent: row.id === viewer.credentialId }));
        return toConnection(viewerSessions, { ...page, rows }, (session) => session.id);
      },
    }),
    hasPassword: t.boolean({
      description: 'Whether a password lets the viewer in: those whom a provider brought may have none.',
      resolve: async (viewer, _args, { services, reading }) =>
        (await services.queries.signInState(reading, viewer)).hasPassword,
    }),
    confirmedUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Until when the session counts as just signed in, for what gives another way in. Null: no longer; see confirmWithPassword.',
      resolve: async (viewer, _args, { services, reading }) => {
        const { provenAt } = await services.queries.signInState(reading, viewer);
        return provenAt && isRecent(provenAt, new Date()) ? new Date(provenAt.getTime() + proofMs) : null;
      },
    }),
    apiTokens: t.field({
      type: ApiTokenConnection,
      description: 'API tokens that act as the viewer, in the order of making.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: (viewer, args, context) => apiTokensOf('Viewer.apiTokens', viewer.user.id, args, context),
    }),
    bots: t.field({
      type: BotConnection,
      description: 'Bots that the viewer runs, in the order of making.',
      args: pageArguments('first'),
      complexity: pageCost,
      resolve: async (viewer, args, { services, reading }) => {
        const page = await services.queries.bots(reading, viewer, readPage(viewerBots, args, 'first'));
        return toConnection(viewerBots, page, ({ user }) => user.id);
      },
    }),
    passkeys: t.field({
      type: [PasskeyRef],
      description: 'Passkeys that let the viewer in, in the order of adding, at most 20.',
      complexity: sizeCost(20),
      resolve: (viewer, _args, { services, reading }) => services.queries.passkeys(reading, viewer),
    }),
    identities: t.field({
      type: [IdentityRef],
      description: 'Who the viewer is at providers of OpenID Connect, in the order of linking: at most one at each.',
      resolve: (viewer, _args, { services, reading }) => services.queries.identities(reading, viewer),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    nullable: true,
    isOpen: true,
    description: 'Who asks. Null when signed out. Open to all.',
    resolve: (_root, _args, context) => context.viewer,
  }),
);

/** A socket knows its viewer as they were when it was opened. */
async function userNow({ user }: Viewer, reading: Reading): Promise<User> {
  return (await reading.users.load(user.id)) ?? user;
}
