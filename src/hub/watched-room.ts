import type { Position } from '../log/position.ts';
import type { MembershipChange } from '../log/span.ts';

/** What the hub is given of presence. */
export interface PresenceSource {
  isOnline(userId: string): boolean;
  online(): Iterable<string>;
  watch(onChange: (userId: string) => void): () => void;
}

/** Members of a room as the log has them at a position, read in one snapshot. */
export interface RoomMembers {
  readonly position: Position;
  readonly userIds: readonly string[];
}

export interface RoomMembersSource {
  /** At most `limit` of them, any. */
  readSome(roomId: string, limit: number): Promise<RoomMembers>;
  /** Those of the given people who are members. */
  readAmong(roomId: string, userIds: readonly string[]): Promise<RoomMembers>;
}

export interface WatchedRoomOptions {
  readonly roomId: string;
  readonly presence: PresenceSource;
  readonly members: RoomMembersSource;
  /** Reads in its turn. */
  readonly inTurn: <Value>(work: () => Promise<Value>) => Promise<Value>;
  readonly onChange: () => void;
  readonly reportRetry: (error: unknown) => void;
}

/** Rooms of at most so many members are known whole; of larger ones only members who are online. */
export const wholeRoomMembers = 200;
/** People who are asked for in one read: about 40 KB. */
const READ_PEOPLE = 1_000;
const RETRY_MS = 1_000;

/**
 * Which members of a room are online. loading → whole (all members are known, nothing is read any more) or large (it is
 * known who of those online is a member, read in sets). What is known of a person is of a position, and is replaced by
 * what is of a later one: reads and the tail may bring the same change in any order.
 */
export class WatchedRoom {
  readonly #options: WatchedRoomOptions;
  readonly #known = new Map<string, { readonly isMember: boolean; readonly position: Position }>();
  readonly #online = new Set<string>();
  /** People who are online and of whom it is to be read whether they are members. */
  readonly #unread = new Set<string>();
  #state: 'loading' | 'whole' | 'large' | 'closed' = 'loading';
  /** Of the list of a whole room: who is not known was no member then. */
  #wholeSince: Position = 0;
  #isReading = false;
  #isShown = false;

  constructor(options: WatchedRoomOptions) {
    this.#options = options;
    void this.#load();
  }

  /** Members who are online; null while it is not known. */
  get online(): ReadonlySet<string> | null {
    return this.#isShown ? this.#online : null;
  }

  /** These people may have come or gone. */
  refresh(userIds: ReadonlySet<string>): void {
    if (this.#state === 'loading') return;
    const isFewer = this.#state === 'whole' && this.#known.size < userIds.size;
    const concerned = isFewer ? [...this.#known.keys()].filter((userId) => userIds.has(userId)) : userIds;
    if (this.#take(concerned) && this.#isShown) this.#options.onChange();
  }

  /** As the tail has it. */
  apply({ userId, change }: MembershipChange, position: Position): void {
    if (this.#keeps(userId)) this.#learn(userId, change === 'joined', position);
    else this.#known.delete(userId);
    this.refresh(new Set([userId]));
  }

  close(): void {
    this.#state = 'closed';
  }

  /** Of a large room only who is online; while a read is under way all, as its answer may be older. */
  #keeps(userId: string): boolean {
    return this.#state !== 'large' || this.#isReading || this.#options.presence.isOnline(userId);
  }

  #learn(userId: string, isMember: boolean, position: Position): void {
    const knownSince = this.#known.get(userId)?.position ?? (this.#state === 'whole' ? this.#wholeSince : -1);
    if (position > knownSince) this.#known.set(userId, { isMember, position });
  }

  /** True where somebody is shown now who was not, or the other way round. */
  #take(userIds: Iterable<string>): boolean {
    let hasChanged = false;
    for (const userId of userIds) {
      const isOnline = this.#options.presence.isOnline(userId);
      const isMember = this.#known.get(userId)?.isMember ?? (this.#state === 'whole' ? false : null);
      if (isOnline && isMember === null) this.#unread.add(userId);
      else this.#unread.delete(userId);
      if (!this.#keeps(userId)) this.#known.delete(userId);
      const wasShown = this.#online.has(userId);
      const isShown = isOnline && isMember === true;
      if (isShown) this.#online.add(userId);
      else this.#online.delete(userId);
      hasChanged ||= wasShown !== isShown;
    }
    if (this.#unread.size > 0 && !this.#isReading) void this.#readUnread();
    return hasChanged;
  }

  async #load(): Promise<void> {
    const { members, roomId, presence } = this.#options;
    const some = await this.#read(() => members.readSome(roomId, wholeRoomMembers + 1));
    if (!some) return;
    const isWhole = some.userIds.length <= wholeRoomMembers;
    for (const [userId, { position }] of this.#known) {
      if (!isWhole || position <= some.position) this.#known.delete(userId);
    }
    if (isWhole) for (const userId of some.userIds) this.#learn(userId, true, some.position);
    this.#wholeSince = some.position;
    this.#state = isWhole ? 'whole' : 'large';
    this.#take(isWhole ? [...this.#known.keys()] : presence.online());
    if (!this.#isReading) this.#show();
  }

  async #readUnread(): Promise<void> {
    const { members, roomId, presence } = this.#options;
    this.#isReading = true;
    while (this.#unread.size > 0) {
      const userIds = [...this.#unread].slice(0, READ_PEOPLE);
      const found = await this.#read(() => members.readAmong(roomId, userIds));
      if (!found) return;
      const areMembers = new Set(found.userIds);
      for (const userId of userIds) {
        this.#unread.delete(userId);
        if (presence.isOnline(userId)) this.#learn(userId, areMembers.has(userId), found.position);
      }
      if (this.#take(userIds) && this.#isShown) this.#options.onChange();
    }
    this.#isReading = false;
    for (const userId of this.#known.keys()) if (!this.#keeps(userId)) this.#known.delete(userId);
    if (!this.#isShown) this.#show();
  }

  #show(): void {
    this.#isShown = true;
    this.#options.onChange();
  }

  /** Tries until it is read; null when the room is watched no longer. */
  async #read(read: () => Promise<RoomMembers>): Promise<RoomMembers | null> {
    while (this.#state !== 'closed') {
      try {
        const found = await this.#options.inTurn(async () => (this.#state === 'closed' ? null : read()));
        return this.#isClosed() ? null : found;
      } catch (error) {
        this.#options.reportRetry(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
    return null;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
