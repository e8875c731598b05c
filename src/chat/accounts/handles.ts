import { type Refused, refuse } from '../refusal.ts';

const handlePattern = /^[a-z][a-z0-9_.]{0,28}[a-z0-9_]$/;

/** Names that people would take for the server's own voice, or for everybody. The demo's bot has its own. */
const reserved = new Set(
  `abuse account accounts admin administrator all anonymous anyone api bot channel everybody everyone graphql guest guests
  help here host info me mod moderator moderators nobody noreply null official operator owner parley parrot postmaster
  room root security server staff status support sysadmin system team undefined user webmaster you`.split(/\s+/),
);

/** Capitals count for nothing: a handle is what it is in lower case. */
export function foldHandle(handle: string): string {
  return handle.toLowerCase();
}

/** Whether the database can be asked for it: whoever signs in may write anything. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Null when a folded handle may be asked for. */
export function checkHandle(handle: string): Refused | null {
  const path = ['input', 'handle'];
  if (!handlePattern.test(handle)) {
    const rule = 'a handle is 2 to 30 of a-z, 0-9, _ and ., begins with a letter and does not end with a dot';
    return refuse('HANDLE_INVALID', rule, path);
  }
  return reserved.has(handle) ? refuse('HANDLE_TAKEN', 'this handle is kept by the server', path) : null;
}

/**
 * Handles for somebody whom a provider calls `username`, best first: what of it a handle may have, then with a number, and
 * at last with a suffix that nobody has.
 */
export function handlesFor(username: string | null, suffix: string): readonly string[] {
  const plain = (username ?? '')
    .replace(/@.*$/s, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9_.]+/g, '_')
    .replace(/^[^a-z]+|[_.]+$/g, '')
    .slice(0, 24 - suffix.length)
    .replace(/[_.]+$/, '');
  const stem = plain.length >= 2 ? plain : 'member';
  const numbered = Array.from({ length: 8 }, (_, n) => `${stem}${n + 2}`);
  return [stem, ...numbered, `${stem}_${suffix}`].filter((handle) => checkHandle(handle) === null);
}
