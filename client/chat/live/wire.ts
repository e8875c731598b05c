import { type RetryExchangeOptions, retryExchange } from '@urql/exchange-retry';
import { Client, fetchExchange, mapExchange } from 'urql';
import type { CredentialEndReason, DeleteAccountMutationVariables } from '../../gql/graphql.ts';
import { createParley, ParleyError, type SocketState } from '../../sdk/src/index.ts';
import { parleyExchange } from '../../sdk/src/urql.ts';
import { SignOutDocument } from '../account/documents.ts';
import { WhoDocument } from '../documents.ts';
import { DeleteAccountDocument } from '../leaving/documents.ts';
import { forgetPerson, knownPerson, rememberPerson } from '../state/known-person.ts';
import { faultSentence, isReplaced, isSignedOut, type Refusal, refusalSentence } from '../state/sentences.ts';
import { roomCache } from './cache.ts';
import { News } from './news.ts';
import { Outbox } from './outbox.ts';
import { openOutboxStore } from './outbox-store.ts';
import { People } from './people.ts';
import { tellPersonChanged } from './person-news.ts';
import { RoomLists } from './room-lists.ts';
import { sendEntry } from './send.ts';
import { Store } from './store.ts';

/** Everything that goes to the server under one sign-in: one cache, one socket. Another person gets another wire. */
export interface Wire extends Disposable {
  readonly client: Client;
  readonly news: News;
  readonly people: People;
  readonly roomLists: RoomLists;
  readonly socketState: Store<SocketState>;
  /** What the person who is signed in has written; it goes out from the first call on. */
  outboxOf(userId: string): Outbox;
  /** Whom the cookie signs in now, past the cache: a global id, null for nobody, undefined where it cannot be known. */
  personNow(): Promise<string | null | undefined>;
  /** Signs out. Resolves to null, or to why not. */
  signOut(): Promise<string | null>;
  /** Deletes the account, for ever. Resolves to null, or to why not. */
  deleteAccount(input: DeleteAccountMutationVariables): Promise<Refusal | string | null>;
}

/** A guest signed up, in this window or another: the answer with the new cookie is under way. Some ten seconds in all. */
const untilNewCookie: RetryExchangeOptions = {
  retryIf: (error, { kind }) => kind !== 'subscription' && isReplaced(error),
  initialDelayMs: 100,
  maxDelayMs: 1_000,
  maxNumberAttempts: 15,
};

/**
 * Opens the wire. The socket itself opens with the first subscription, and the cookie signs it in. `onSignedOut` is called once,
 * when the server no longer knows the session, with why it ended where that is known; `onOtherPerson` when the cookie is found to be
 * of somebody else.
 */
export function openWire(options: {
  onSignedOut: (reason: CredentialEndReason | null) => void;
  onOtherPerson: () => void;
}): Wire {
  const { onSignedOut, onOtherPerson } = options;
  const socketState = new Store<SocketState>('connecting');
  const parley = createParley({
    url: window.location.origin,
    // Whoever asks decides what is repeated.
    repeatForMs: 0,
    onState: (state) => socketState.update(() => state),
  });
  let isOver = false;
  const people = new People();
  const client = new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [
      mapExchange({
        onError(error) {
          if (!isOver && isSignedOut(error)) end();
        },
        onResult({ operation, data }) {
          if (operation.kind !== 'mutation') return;
          for (const { user } of Object.values<{ user?: { id: string } | null }>(data ?? {})) {
            if (user) people.forgetOne(user.id);
          }
        },
      }),
      roomCache(),
      retryExchange(untilNewCookie),
      fetchExchange,
      parleyExchange({ parley }),
    ],
  });
  const news = new News(client);
  news.listen({
    takePerson: (person) => people.take(person),
    gap: () => people.forget(),
  });
  const roomLists = new RoomLists(client, news);

  function end(): void {
    isOver = true;
    // Nobody can sign in as them again.
    if (roomLists.endReason === 'ACCOUNT_DELETED') forgetPerson();
    onSignedOut(roomLists.endReason);
  }

  /** Ends being signed in by `act`, which resolves to null or to why it did not: then all is as before. */
  async function leave<Why>(act: () => Promise<Why | null>): Promise<Why | null> {
    const known = knownPerson();
    isOver = true;
    // Before the other windows learn of it, which would propose to sign in as this person again.
    forgetPerson();
    const whyNot = await act();
    if (whyNot === null) {
      tellPersonChanged();
      return null;
    }
    isOver = false;
    if (known !== null) rememberPerson(known);
    return whyNot;
  }

  let outbox: { userId: string; outbox: Outbox } | null = null;

  function outboxOf(userId: string): Outbox {
    if (outbox?.userId === userId) return outbox.outbox;
    outbox?.outbox.stop();
    const opened = new Outbox({
      userId,
      openStore: openOutboxStore,
      send: (entry) => sendEntry(parley, entry),
      onOtherPerson,
    });
    outbox = { userId, outbox: opened };
    return opened;
  }

  const wake = () => {
    outbox?.outbox.wake();
    if (roomLists.store.get().error) roomLists.refresh();
  };
  socketState.subscribe(() => {
    if (socketState.get() === 'open') wake();
  });
  window.addEventListener('online', wake);

  return {
    client,
    news,
    people,
    roomLists,
    socketState,
    outboxOf,
    async personNow() {
      try {
        return (await parley.query(WhoDocument)).data.viewer?.user.id ?? null;
      } catch (error) {
        return error instanceof ParleyError && error.code === 'UNAUTHENTICATED' ? null : undefined;
      }
    },
    signOut: () =>
      leave(async () => {
        const { data, error } = await client.mutation(SignOutDocument, {});
        const [refusal] = data?.signOut.errors ?? [];
        if (refusal) return refusalSentence(refusal);
        return error && !isSignedOut(error) ? faultSentence(error) : null;
      }),
    async deleteAccount(input) {
      let isVoid = false;
      const whyNot = await leave(async () => {
        const { data, error } = await client.mutation(DeleteAccountDocument, input);
        isVoid = error !== undefined && isSignedOut(error);
        return error ? faultSentence(error) : (data?.deleteAccount.errors[0] ?? null);
      });
      // Ended before this; maybe by this same wish, whose answer was lost.
      if (isVoid) end();
      return whyNot;
    },
    [Symbol.dispose]() {
      isOver = true;
      window.removeEventListener('online', wake);
      outbox?.outbox.stop();
      parley.close();
    },
  };
}
