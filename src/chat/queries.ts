import { identitiesOf } from './accounts/identities.ts';
import { passkeysOf } from './accounts/passkeys.ts';
import { sessions, signInState } from './accounts/sessions.ts';
import type { Queries } from './contract.ts';
import { memberById, members } from './members.ts';
import { messageById, messages, messagesAround } from './messages.ts';
import { apiTokens } from './programs/api-tokens.ts';
import { bots } from './programs/bots.ts';
import { publicRooms, roomById, roomBySlug, viewerMember, viewerRooms } from './rooms.ts';
import { userByHandle } from './users.ts';

/** The reads of chat, from the files of their nouns. */
export const queries: Queries = {
  roomById,
  roomBySlug,
  publicRooms,
  viewerRooms,
  userById: async (reading, id) => reading.users.load(id),
  userProfile: async (reading, id) => reading.profiles.load(id),
  userByHandle,
  sessions,
  signInState,
  passkeys: (reading, { user }) => passkeysOf(reading, user.id),
  apiTokens,
  bots,
  identities: (reading, { user }) => identitiesOf(reading, user.id),
  members,
  viewerMember,
  memberById,
  messageById,
  messages,
  messagesAround,
};
