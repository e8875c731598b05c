import type { AnyVariables, Client, TypedDocumentNode } from 'urql';
import type { EndCode } from '../../gql/graphql.ts';
import { PresenceDocument, TypingDocument } from '../documents.ts';
import { type Course, keepSubscribed } from './keep-subscribed.ts';
import { Store } from './store.ts';

interface People {
  readonly users: readonly { readonly id: string; readonly displayName: string; readonly avatarUrl?: string | null }[];
  readonly count: number;
}

interface StateItem extends People {
  readonly end: { readonly code: EndCode } | null;
}

const nobody: People = { users: [], count: 0 };

/** People of a room by the newest item of a subscription; nobody while there is none. */
export class StateStream {
  readonly store = new Store<People>(nobody);
  /** Begins to listen; returns the way to stop. */
  readonly start: () => () => void;

  private constructor(start: (listener: { take(item: StateItem): Course; onLost(): void }) => () => void) {
    this.start = () =>
      start({
        take: (item) => {
          this.store.update(() => (item.end === null ? item : nobody));
          return item.end === null ? 'goes on' : courseOf(item.end.code);
        },
        onLost: () => this.store.update(() => nobody),
      });
  }

  /** Who types, oneself among them. */
  static ofTyping(client: Client, roomId: string): StateStream {
    return StateStream.#of(client, TypingDocument, { roomId }, ({ typing }) => typing);
  }

  /** Which members are online, oneself among them. */
  static ofPresence(client: Client, roomId: string): StateStream {
    return StateStream.#of(client, PresenceDocument, { roomId }, ({ presence }) => presence);
  }

  static #of<Data, Variables extends AnyVariables>(
    client: Client,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    itemOf: (data: Data) => StateItem,
  ): StateStream {
    return new StateStream((listener) =>
      keepSubscribed(client, document, variables, { ...listener, take: (data) => listener.take(itemOf(data)) }),
    );
  }
}

/** What the end of a stream means. After a stop of its node it comes back by itself. */
function courseOf(code: EndCode): Course {
  if (code === 'SERVER_STOPPING') return 'goes on';
  return code === 'NO_LONGER_READABLE' || code === 'SIGNED_OUT' ? 'over' : 'again';
}
