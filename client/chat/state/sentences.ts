import type { CombinedError } from 'urql';
import type { CredentialEndReason, EndCode, ErrorCode } from '../../gql/graphql.ts';

/** An expected no of a mutation. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** Why a mutation was refused, as a sentence for the person who asked for it. */
export function refusalSentence(refusal: Refusal): string {
  switch (refusal.code) {
    case 'TEXT_EMPTY':
      return 'There is nothing to send.';
    case 'TEXT_TOO_LONG':
      return 'This message is too long.';
    case 'TEXT_INVALID':
      return 'This message has characters that cannot be sent.';
    case 'NAME_INVALID':
      return 'Please choose another name for the room.';
    case 'TOPIC_INVALID':
      return 'Please choose another topic.';
    case 'SLUG_INVALID':
    case 'SLUG_TAKEN':
      return 'A room of this name exists already. Please choose another name.';
    case 'DISPLAY_NAME_INVALID':
      return 'Please choose another name for yourself.';
    case 'BIO_INVALID':
      return 'Use at most 500 characters.';
    case 'PRONOUNS_INVALID':
      return 'Use one short line.';
    case 'TIME_ZONE_INVALID':
      return 'There is no time zone of this name.';
    case 'STATUS_INVALID':
      return 'A status is one line of at most 100 characters, with one emoji or none.';
    case 'HANDLE_INVALID':
      return 'Use 2 to 30 of a-z, 0-9, “_” and “.”, beginning with a letter and not ending with a dot.';
    case 'HANDLE_TAKEN':
      return 'Somebody has this handle already. Please choose another.';
    case 'PASSWORD_INVALID':
      return 'Use 8 to 200 characters.';
    case 'PASSWORD_COMMON':
      return 'This password is one of the first that are guessed. Please choose another.';
    case 'PASSWORD_WRONG':
      return 'This is not your current password.';
    case 'SIGN_IN_AGAIN':
      return 'You signed in too long ago for this. Confirm that it is you, or sign in again.';
    case 'CONTENT_NOT_OFFERED':
      return 'This is not offered any more. Reload the page.';
    case 'SIGN_IN_FAILED':
      return 'There is nobody with this handle and this password. Check both.';
    case 'ALREADY_SIGNED_UP':
      return 'You have an account already.';
    case 'ACCOUNT_REQUIRED':
      return 'Guests have neither handle nor password. Keep your account first.';
    case 'TOKEN_NAME_INVALID':
      return 'Please choose another name for the token.';
    case 'SCOPES_EMPTY':
      return 'Choose at least one of these.';
    case 'TOO_MANY_API_TOKENS':
      return 'There are as many tokens as you may have. Revoke one first.';
    case 'TOO_MANY_BOTS':
      return 'You have as many bots as you may have. Delete one first.';
    case 'NOT_FOUND':
      return 'It is not there any more.';
    case 'NOT_A_MEMBER':
      return 'You are not a member of this room. Join it first.';
    case 'FORBIDDEN':
      return 'You are not allowed to do this.';
    case 'LAST_OWNER':
      return 'You are the only owner of this room, so you cannot leave it.';
    case 'VERSION_CONFLICT':
      return 'You changed this message elsewhere meanwhile.';
    case 'MESSAGE_DELETED':
      return 'This message has been deleted.';
    case 'RATE_LIMITED':
      return 'That was a lot in a short time. Please wait a moment and try again.';
    case 'COOKIE_UNAVAILABLE':
      return 'Your browser cannot be signed in here.';
    default:
      // A server newer than this page may refuse with codes that it does not know.
      return refusal.message.replace(/^[A-Z_]+: /, '');
  }
}

/** Why an operation had no answer, as a sentence. */
export function faultSentence(error: CombinedError): string {
  if (error.networkError) return 'The server cannot be reached.';
  const [first] = error.graphQLErrors;
  switch (first?.extensions.code) {
    case 'UNAUTHENTICATED':
    case 'SIGNED_OUT':
      return 'You are signed out.';
    case 'RATE_LIMITED':
      return 'That was a lot in a short time. Please wait a moment and try again.';
    case 'NOT_FOUND':
      return 'It is not there any more.';
    case 'UNAVAILABLE':
      return 'The server cannot answer just now.';
    default:
      return first?.message.replace(/^[A-Z_]+: /, '') ?? 'Something went wrong.';
  }
}

/** Whether an error says that nobody is signed in (any more): of a request, or of a stream. */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions: { code } }) => code === 'UNAUTHENTICATED' || code === 'SIGNED_OUT');
}

/** Whether an error says that the guest goes on by another cookie, which comes in a moment. */
export function isReplaced(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions: { code } }) => code === 'TOKEN_REPLACED');
}

/** Why somebody who did not sign out here has to sign in again. Null: the reason is not known. */
export function departureSentence(reason: CredentialEndReason | null): string {
  switch (reason) {
    case 'SIGNED_OUT':
      return 'You signed out in another window.';
    case 'REVOKED':
      return 'You were signed out from another device.';
    case 'PASSWORD_CHANGED':
      return 'Your password was changed on another device. Sign in with the new one.';
    case 'ACCOUNT_DELETED':
      return 'Your account was deleted.';
    default:
      return 'Your session has ended. Sign in again to go on where you were.';
  }
}

/** Why a stream that cannot go on has ended. Null for ends after which this page just goes on by itself. */
export function endSentence(code: EndCode): string | null {
  switch (code) {
    case 'NO_LONGER_READABLE':
      return 'You can no longer read this room.';
    case 'SIGNED_OUT':
      return 'You are signed out.';
    case 'CURSOR_EXPIRED':
    case 'SERVER_STOPPING':
    case 'TOKEN_REPLACED':
      return null;
  }
}

/** `Ada is typing…`, for the names of those who type; empty for none. `count` may be more than there are names. */
export function typingSentence(names: readonly string[], count: number): string {
  if (count === 0 || names.length === 0) return '';
  if (count === 1) return `${names[0]} is typing…`;
  if (count === 2 && names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return `${count} people are typing…`;
}

interface Counted {
  readonly kind: 'send' | 'edit' | 'delete';
}

/** `2 messages and 1 change`, of what is in the outbox. */
export function countSentence(entries: readonly Counted[]): string {
  const messages = entries.filter(({ kind }) => kind === 'send').length;
  return [counted(messages, 'message'), counted(entries.length - messages, 'change')].filter(Boolean).join(' and ');
}

/** `1 message waits to be sent.`; a change is an edit or a deletion. */
export function waitingSentence(entries: readonly Counted[]): string {
  return `${countSentence(entries)} ${entries.length === 1 ? 'waits' : 'wait'} to be sent.`;
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}
