import type { Client } from 'urql';
import type { TypingSubscription } from '../../gql/graphql.ts';
import { retryDelayMs } from '../../wire/socket.ts';
import { TypingDocument } from '../documents.ts';
import { Store } from './store.ts';

type Typers = Pick<TypingSubscription['typing'], 'users' | 'count'>;
const nobody: Typers = { users: [], count: 0 };

/** Who types in a room, oneself among them. A stream that ends or fails is opened again: it tells the state of now first. */
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
    let retries = 0;
    let timeout: ReturnType<typeof setTimeout> | undefined;
    let unsubscribe = () => {};
    const open = () => {
      const subscription = this.#client.subscription(TypingDocument, { roomId: this.#roomId }).subscribe((result) => {
        const typing = result.error ? undefined : result.data?.typing;
        if (typing !== undefined && typing.end === null) {
          retries = 0;
          this.store.update(() => typing);
          return;
        }
        this.store.update(() => nobody);
        unsubscribe();
        clearTimeout(timeout);
        timeout = setTimeout(open, retryDelayMs(retries));
        retries += 1;
      });
      unsubscribe = () => subscription.unsubscribe();
    };
    open();
    return () => {
      clearTimeout(timeout);
      unsubscribe();
    };
  }
}
