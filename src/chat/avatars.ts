/** Where a picture is on this server: its path says what it is made of, so that it never changes. */
export function avatarPath(hash: string): string {
  return `/avatars/${hash}`;
}
