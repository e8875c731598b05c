import type { CombinedError } from 'urql';
import type { EndCode, ErrorCode } from '../../gql/graphql.ts';

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
    case 'NOT_FOUND':
      return 'It is not there any more.';
    case 'NOT_A_MEMBER':
      return 'You are not a member of this room. Join it first.';
    case 'FORBIDDEN':
      return 'You are not allowed to do this.';
    case 'LAST_OWNER':
      return 'You are the only owner of this room, so you cannot leave it.';
    case 'VERSION_CONFLICT':
      return 'Somebody changed this message meanwhile. Have a look and try again.';
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

/** Whether an error says that nobody is signed in (any more). */
export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED');
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
