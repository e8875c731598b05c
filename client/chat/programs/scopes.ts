import type { ApiScope } from '../../gql/graphql.ts';

/** What each scope lets a program do, for people: in a list, as oneself, and as a bot. */
export const scopeNames: Readonly<
  Record<ApiScope, { readonly short: string; readonly long: string; readonly ofBot: string }>
> = {
  READ: { short: 'read', long: 'read what you can read', ofBot: 'read what it can read' },
  WRITE: { short: 'write', long: 'write, edit and delete messages', ofBot: 'write, edit and delete its messages' },
  ROOMS: { short: 'rooms', long: 'make, join and manage rooms', ofBot: 'make, join and manage rooms' },
  PROFILE: { short: 'profile', long: 'change your profile', ofBot: 'change its profile and picture' },
};
