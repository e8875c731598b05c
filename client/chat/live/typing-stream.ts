import type { Client } from 'urql';
import type { EndCode, TypingSubscription } from '../../gql/graphql.ts';
import { TypingDocument } from '../documents.ts';
import { type Course, keepSubscribed } from './keep-subscribed.ts';
import { Store } from './store.ts';

type Typers = Pick<TypingSubscription['typing'], 'users' | 'count'>;
const nobody: Typers = { users: [], count: 0 };

/** Who types in a room, oneself among them. */
export class TypingStream {
  readonly store = new Store<Typers>(nobody);
  readonly #client: Client;
  readonly #roomId: string;

  constructor(client: Client, roomId: string) {
    this.#client = client;
    this.#roomId = roomId;
  }

  /** Begins to listen; returns the way to stop. */
  start(): () => void {
    return keepSubscribed(
      this.#client,
      TypingDocument,
      { roomId: this.#roomId },
      {
        take: ({ typing }) => {
          if (typing.end !== null) {
            this.store.update(() => nobody);
            return courseOf(typing.end.code);
          }
          this.store.update(() => typing);
          return 'goes on';
        },
        onLost: () => this.store.update(() => nobody),
      },
    );
  }
}

/** What the end of a stream means. After a stop of its node it comes back by itself. */
function courseOf(code: EndCode): Course {
  if (code === 'SERVER_STOPPING') return 'goes on';
  return code === 'NO_LONGER_READABLE' || code === 'SIGNED_OUT' ? 'over' : 'again';
}
