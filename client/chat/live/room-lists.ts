import type { Client, CombinedError } from 'urql';
import type { CredentialEndReason, RoomFactsFragment } from '../../gql/graphql.ts';
import { retryDelayMs } from '../../sdk/src/index.ts';
import { OwnRoomsDocument, PublicRoomsDocument } from '../documents.ts';
import type { News, NewsEvent } from './news.ts';
import { Store } from './store.ts';

export interface RoomList {
  readonly rooms: readonly RoomFactsFragment[];
  readonly hasMore: boolean;
}

export interface RoomListsState {
  /** Undefined until they have been loaded once. */
  readonly own: RoomList | undefined;
  readonly open: RoomList | undefined;
  /** Why the last refresh failed; the lists stay as they were. */
  readonly error: CombinedError | undefined;
}

interface Page {
  readonly edges: readonly { readonly node: RoomFactsFragment }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

type Loaded = { readonly list: RoomList } | { readonly error: CombinedError };

/**
 * The rooms one is in (`own`) and the public ones (`open`). Both are loaded anew as a whole whenever one came into a room or lost it;
 * whoever does so calls `refresh`, and the events tell of what others or another window did. Refreshes run one after another: what
 * is asked for during one makes it run once more, so the lists are never older than the last call.
 */
export class RoomLists {
  readonly store = new Store<RoomListsState>({ own: undefined, open: undefined, error: undefined });
  readonly #client: Client;
  readonly #news: News;
  readonly #wantedPages = { own: 1, open: 1 };
  #isRefreshing = false;
  #isStale = false;
  #endReason: CredentialEndReason | null = null;
  #failures = 0;
  #isFollowed = false;
  #retryTimeout: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, news: News) {
    this.#client = client;
    this.#news = news;
  }

  /** Loads the lists and follows their changes. Returns the way to stop. */
  follow(): () => void {
    this.#isFollowed = true;
    this.refresh();
    const stop = this.#news.listen({
      take: (event) => this.#take(event),
      takeOfVisited: ({ __typename }) => __typename === 'RoomUpdated' && this.refresh(),
      gap: () => this.refresh(),
    });
    return () => {
      this.#isFollowed = false;
      clearTimeout(this.#retryTimeout);
      stop();
    };
  }

  /** Why sessions of the viewer ended, while nothing else came behind it: when this one is among them, only its end does. */
  get endReason(): CredentialEndReason | null {
    return this.#endReason;
  }

  refresh(): void {
    clearTimeout(this.#retryTimeout);
    this.#isStale = true;
    if (!this.#isRefreshing) void this.#refreshWhileStale();
  }

  /** One page more of a list. */
  loadMore(list: 'own' | 'open'): void {
    this.#wantedPages[list] += 1;
    this.refresh();
  }

  #take(event: NewsEvent): void {
    this.#endReason = event.__typename === 'CredentialsEnded' ? event.endReason : null;
    switch (event.__typename) {
      case 'RoomUpdated':
      case 'MembershipEnded':
        this.refresh();
        break;
      case 'MemberJoined':
        // Of somebody else, where one is a member already.
        if (this.#isRefreshing || !this.#isOwn(event.room?.id)) this.refresh();
        break;
      default:
        break;
    }
  }

  #isOwn(roomId: string | undefined): boolean {
    return this.store.get().own?.rooms.some((room) => room.id === roomId) ?? false;
  }

  async #refreshWhileStale(): Promise<void> {
    this.#isRefreshing = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const [own, open] = await Promise.all([
          load(this.#wantedPages.own, (after) => this.#ownPage(after)),
          load(this.#wantedPages.open, (after) => this.#openPage(after)),
        ]);
        const error = 'error' in own ? own.error : 'error' in open ? open.error : undefined;
        this.store.update((state) => ({
          own: 'list' in own ? own.list : state.own,
          open: 'list' in open ? open.list : state.open,
          error,
        }));
        this.#failures = error === undefined ? 0 : this.#failures + 1;
      }
    } finally {
      this.#isRefreshing = false;
    }
    if (this.#failures > 0 && this.#isFollowed) {
      this.#retryTimeout = setTimeout(() => this.refresh(), retryDelayMs(this.#failures - 1));
    }
  }

  async #ownPage(after: string | null) {
    const { data, error } = await this.#client.query(OwnRoomsDocument, { after }, { requestPolicy: 'network-only' });
    return { page: data?.viewer?.rooms, error };
  }

  async #openPage(after: string | null) {
    const { data, error } = await this.#client.query(PublicRoomsDocument, { after }, { requestPolicy: 'network-only' });
    return { page: data?.rooms, error };
  }
}

/** The first `pageCount` pages as one list; fewer where the list ends before. No page and no error: one is signed out. */
async function load(
  pageCount: number,
  loadPage: (after: string | null) => Promise<{ page: Page | undefined; error: CombinedError | undefined }>,
): Promise<Loaded> {
  const rooms: RoomFactsFragment[] = [];
  let after: string | null = null;
  for (let loaded = 0; loaded < pageCount; loaded += 1) {
    const { page, error } = await loadPage(after);
    if (error) return { error };
    rooms.push(...(page?.edges.map(({ node }) => node) ?? []));
    if (!page?.pageInfo.hasNextPage) return { list: { rooms, hasMore: false } };
    after = page.pageInfo.endCursor;
  }
  return { list: { rooms, hasMore: true } };
}
