import type { Client, CombinedError } from 'urql';
import type { MemberRole, MembersQuery } from '../../gql/graphql.ts';
import { faultSentence, type Refusal, refusalSentence } from '../state/sentences.ts';
import {
  AddMemberDocument,
  MembersDocument,
  RemoveMemberDocument,
  SetMemberRoleDocument,
  UserByHandleDocument,
} from './member-documents.ts';
import { Store } from './store.ts';

export type Member = NonNullable<MembersQuery['room']>['members']['nodes'][number];

export interface MembersState {
  /** In the order of joining. Undefined until they have been loaded once. */
  readonly members: readonly Member[] | undefined;
  readonly hasMore: boolean;
  /** Why the last thing did not work, as a sentence. */
  readonly problem: string | null;
}

/** The members of a room, and what an owner may do with them. What was done is seen at once: the list is loaded anew. */
export class MemberList {
  readonly store = new Store<MembersState>({ members: undefined, hasMore: false, problem: null });
  readonly #client: Client;
  readonly #roomId: string;
  #wantedPages = 1;
  #isStale = false;
  #loading: Promise<void> | null = null;

  constructor(client: Client, roomId: string) {
    this.#client = client;
    this.#roomId = roomId;
  }

  /** Loads them, and once more when they were asked for meanwhile: they are never older than the last call. */
  async load(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadWhileStale().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #loadWhileStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      await this.#loadOnce();
    }
  }

  async #loadOnce(): Promise<void> {
    const members: Member[] = [];
    let after: string | null = null;
    for (let page = 0; page < this.#wantedPages; page += 1) {
      const found = await this.#page(after);
      if ('problem' in found) return this.store.update((state) => ({ ...state, problem: found.problem }));
      members.push(...found.nodes);
      after = found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
      if (after === null) break;
    }
    this.store.update((state) => ({ ...state, members, hasMore: after !== null }));
  }

  loadMore(): Promise<void> {
    this.#wantedPages += 1;
    return this.load();
  }

  /** Resolves to whether it worked. */
  async add(handle: string): Promise<boolean> {
    const { data, error } = await this.#client.query(
      UserByHandleDocument,
      { handle: handle.trim().replace(/^@/, '') },
      { requestPolicy: 'network-only' },
    );
    if (error) return this.#settled(error, []);
    if (!data?.user) {
      this.store.update((state) => ({ ...state, problem: 'There is nobody with this handle.' }));
      return false;
    }
    const added = await this.#client.mutation(AddMemberDocument, { roomId: this.#roomId, userId: data.user.id });
    return this.#settled(added.error, added.data?.addMember.errors);
  }

  async remove(userId: string): Promise<boolean> {
    const { data, error } = await this.#client.mutation(RemoveMemberDocument, { roomId: this.#roomId, userId });
    return this.#settled(error, data?.removeMember.errors);
  }

  async setRole(userId: string, role: MemberRole): Promise<boolean> {
    const { data, error } = await this.#client.mutation(SetMemberRoleDocument, { roomId: this.#roomId, userId, role });
    return this.#settled(error, data?.setMemberRole.errors);
  }

  async #page(after: string | null) {
    const { data, error } = await this.#client.query(
      MembersDocument,
      { roomId: this.#roomId, after },
      { requestPolicy: 'network-only' },
    );
    if (error) return { problem: faultSentence(error) };
    return data?.room?.members ?? { problem: 'You can no longer read this room.' };
  }

  async #settled(error: CombinedError | undefined, errors: readonly Refusal[] = []): Promise<boolean> {
    const [refusal] = errors;
    const problem = error ? faultSentence(error) : refusal ? memberSentence(refusal) : null;
    this.store.update((state) => ({ ...state, problem }));
    await this.load();
    return problem === null;
  }
}

/** Of the words for refusals, those for what one does to others are other ones. */
function memberSentence(refusal: Refusal): string {
  switch (refusal.code) {
    case 'LAST_OWNER':
      return 'A room needs an owner. Make somebody else one first.';
    case 'NOT_A_MEMBER':
      return 'They are not in this room any more.';
    default:
      return refusalSentence(refusal);
  }
}
