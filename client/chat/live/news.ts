import type { AnyVariables, Client, TypedDocumentNode } from 'urql';
import type { NewsSubscription } from '../../gql/graphql.ts';
import { NewsDocument, PeopleNewsDocument, RoomNowDocument } from '../documents.ts';
import { keepSubscribed } from './keep-subscribed.ts';
import type { PersonNow } from './people.ts';

export type NewsEvent = NewsSubscription['events'];

export interface NewsListener {
  /** An event, or a checkpoint. */
  take?(event: NewsEvent): void;
  /** An event of a public room that one only reads. */
  takeOfVisited?(event: NewsEvent): void;
  /** Somebody changed. */
  takePerson?(person: PersonNow): void;
  /** Events may be missing: what they would have told has to be read anew. From here on none is. */
  gap?(): void;
}

const ownKinds = [
  'ROOM_UPDATED',
  'MEMBER_JOINED',
  'MEMBER_LEFT',
  'MEMBER_UPDATED',
  'MEMBERSHIP_ENDED',
  'CREDENTIALS_ENDED',
] as const;
const roomKinds = ['ROOM_UPDATED', 'MEMBER_JOINED', 'MEMBER_LEFT', 'MEMBER_UPDATED'] as const;

/**
 * What the log tells beside messages: of the rooms one is in, of everybody's profile, and of one's own sessions. Messages come to the
 * room that is open, by a stream of their own; other rooms show none. New rooms come as MEMBER_JOINED, to who is in them.
 */
export class News {
  readonly #client: Client;
  readonly #listeners = new Set<NewsListener>();
  #cursor: string | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Returns the way to stop. */
  listen(listener: NewsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins right after `after`: the place of an answer that is older than all that is shown. Returns the way to stop. */
  follow(after: string | null): () => void {
    this.#cursor = after;
    const filter = { kinds: [...ownKinds] };
    const stops = [
      this.#keep(NewsDocument, { after, filter }, (event) => {
        this.#cursor = event.cursor;
        for (const listener of [...this.#listeners]) listener.take?.(event);
      }),
      this.#keep(PeopleNewsDocument, { after }, (event) => {
        const person = event.__typename === 'UserUpdated' ? event.user : null;
        if (person === null) return;
        for (const listener of [...this.#listeners]) listener.takePerson?.(person);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Reads a public room that one is not in, and follows it. Returns the way to stop. */
  visit(roomId: string): () => void {
    const after = this.#cursor;
    // Nothing was told of it while one was elsewhere. What is wrong with the connection is said by others.
    void this.#client.query(RoomNowDocument, { roomId }, { requestPolicy: 'network-only' }).toPromise();
    return this.#keep(NewsDocument, { after, filter: { kinds: [...roomKinds], roomIds: [roomId] } }, (event) => {
      for (const listener of [...this.#listeners]) listener.takeOfVisited?.(event);
    });
  }

  #keep<Event extends { readonly __typename: string }, Variables extends AnyVariables & { after?: string | null }>(
    document: TypedDocumentNode<{ events: Event }, Variables>,
    variables: Variables,
    tell: (event: Event) => void,
  ): () => void {
    let isLost = false;
    return keepSubscribed(this.#client, document, variables, {
      again: { ...variables, after: null },
      take: ({ events }) => {
        // Why, comes as an error, where it does not go on by itself.
        if (events.__typename === 'StreamEnded') return 'goes on';
        if (isLost) for (const listener of [...this.#listeners]) listener.gap?.();
        isLost = false;
        tell(events);
        return 'goes on';
      },
      onLost() {
        isLost = true;
      },
    });
  }
}
