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
          if (typing.end !== null) return courseOf(typing.end.code);
          this.store.update(() => typing);
          return 'goes on';
        },
        onLost: () => this.store.update(() => nobody),
      },
    );
  }
}

/** What the end of a stream means for opening it again. */
export function courseOf(code: EndCode): Course {
  return code === 'NO_LONGER_READABLE' || code === 'SIGNED_OUT' ? 'over' : 'again';
}
