import type { ApiScope } from '../../gql/graphql.ts';

/** What each scope lets a program do, for people. */
export const scopeNames: Readonly<Record<ApiScope, { readonly short: string; readonly long: string }>> = {
  READ: { short: 'read', long: 'read what you can read' },
  WRITE: { short: 'write', long: 'write, edit and delete messages' },
  ROOMS: { short: 'rooms', long: 'make, join and manage rooms' },
  PROFILE: { short: 'profile', long: 'change your profile' },
};
