/** The reference client: a state that was loaded once and then kept by events alone, to be compared with one loaded anew. */
import type { KeptState } from './evidence.ts';
import type { Item } from './facts.ts';

interface KeptRoom {
  name: string;
  topic: string | null;
  /** Roles by user. */
  members: Record<string, string>;
  messages: Record<string, { version: number; text: string | null; isDeleted: boolean }>;
}

/** Answers a query whenever a node does. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape.
export type Ask = (query: string, variables?: object) => Promise<any>;

const roomFields = `id name topic
  members(first: 100) { nodes { ...OfMember } }`;
const loadQuery = `query ($after: String) { asOf viewer {
  user { id displayName }
  rooms(first: 5, after: $after) { nodes { ${roomFields} } pageInfo { hasNextPage endCursor } }
  sessions(first: 100) { nodes { id } } apiTokens(first: 100) { nodes { id } }
} } fragment OfMember on Member { id role leftAt user { id displayName } }`;
const roomQuery = `query ($id: ID!) { room(by: { id: $id }) { ${roomFields} } }
  fragment OfMember on Member { id role leftAt user { id displayName } }`;
const messagesQuery = `query ($id: ID!, $after: String) { asOf room(by: { id: $id }) {
  messages(first: 100, after: $after) { nodes { ...OfMessage } pageInfo { hasNextPage endCursor } }
} } fragment OfMessage on Message { id version text deletedAt }`;

export class StateKeeper {
  readonly kinds = new Set<string>();
  /** Where the events have to begin. */
  cursor = '';
  readonly #userId: string;
  readonly #ask: Ask;
  readonly #rooms = new Map<string, KeptRoom>();
  readonly #names = new Map<string, string>();
  /** By user, how many events had come when their name was told by one. */
  readonly #namedAt = new Map<string, number>();
  readonly #credentials = new Set<string>();
  /** Those of the beginning: no event tells of new ones. */
  readonly #firstCredentials = new Set<string>();
  /** Rooms that are being loaded, with the events that came meanwhile. */
  readonly #loading = new Map<string, Item[]>();
  readonly #loads = new Set<Promise<void>>();
  #count = 0;

  constructor(userId: string, ask: Ask) {
    this.#userId = userId;
    this.#ask = ask;
  }

  /** While nothing changes: it takes several queries. */
  async load(): Promise<void> {
    for (let after: string | null = null, hasMore = true; hasMore; ) {
      const { data, errors }: Item = await this.#ask(loadQuery, { after });
      if (!data?.viewer) throw new Error(JSON.stringify(errors));
      this.cursor = data.asOf;
      const { user, rooms, sessions, apiTokens } = data.viewer;
      this.#names.set(user.id, user.displayName);
      for (const room of rooms.nodes) this.#rooms.set(room.id, this.#takeRoom(room, 0));
      for (const { id } of [...sessions.nodes, ...apiTokens.nodes]) {
        this.#credentials.add(id);
        this.#firstCredentials.add(id);
      }
      after = rooms.pageInfo.endCursor;
      hasMore = rooms.pageInfo.hasNextPage;
    }
    for (const room of this.#rooms.keys()) await this.#loadMessages(room);
  }

  /** Events come in order, from `cursor` on. */
  apply(item: Item): void {
    this.#count += 1;
    this.kinds.add(item.type);
    // In the order of the events, also while their room is being loaded.
    if (item.member) this.#names.set(item.member.user.id, item.member.user.displayName);
    const roomId = item.type === 'MembershipEnded' ? item.roomId : item.room?.id;
    const waiting = this.#loading.get(roomId);
    if (waiting && item.type !== 'MembershipEnded') waiting.push(item);
    else this.#apply(item, roomId);
  }

  /** Waits for the rooms that are being loaded, then compares with all of it asked anew. */
  async finish(source: string): Promise<KeptState> {
    while (this.#loads.size > 0) await Promise.all(this.#loads);
    const anew = new StateKeeper(this.#userId, this.#ask);
    await anew.load();
    const fresh = anew.#state(this.#firstCredentials);
    return { source, kept: this.#state(this.#firstCredentials), fresh, kinds: [...this.kinds] };
  }

  #apply(item: Item, roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (room && item.room) Object.assign(room, { name: item.room.name, topic: item.room.topic });
    const { member, message } = item;
    switch (item.type) {
      case 'RoomCreated':
        this.#rooms.set(roomId, { name: item.room.name, topic: item.room.topic, members: {}, messages: {} });
        break;
      case 'MemberJoined':
      case 'MemberUpdated':
        if (room) room.members[member.user.id] = member.role;
        else if (member.user.id === this.#userId) this.#come(roomId);
        break;
      case 'MemberLeft':
        delete room?.members[member.user.id];
        break;
      case 'MembershipEnded':
        this.#loading.delete(roomId);
        this.#rooms.delete(roomId);
        break;
      case 'MessageSent':
      case 'MessageEdited':
      case 'MessageDeleted':
        if (room) takeMessage(room, message);
        break;
      case 'UserUpdated':
        this.#names.set(item.user.id, item.user.displayName);
        this.#namedAt.set(item.user.id, this.#count);
        break;
      case 'CredentialsEnded':
        for (const id of [...item.sessionIds, ...item.apiTokenIds]) this.#credentials.delete(id);
        break;
    }
  }

  /** Events from before do not come: the room is loaded, and what comes meanwhile is taken in behind that. */
  #come(roomId: string): void {
    const waiting: Item[] = [];
    this.#loading.set(roomId, waiting);
    const load = this.#loadRoom(roomId, waiting).finally(() => this.#loads.delete(load));
    this.#loads.add(load);
  }

  async #loadRoom(roomId: string, waiting: Item[]): Promise<void> {
    const askedAt = this.#count;
    const { data } = await this.#ask(roomQuery, { id: roomId });
    const isWanted = () => this.#loading.get(roomId) === waiting;
    if (!isWanted() || data.room === null) return;
    const room = this.#takeRoom(data.room, askedAt);
    await this.#loadMessages(roomId, room);
    if (!isWanted()) return;
    this.#rooms.set(roomId, room);
    this.#loading.delete(roomId);
    for (const item of waiting) this.#apply(item, roomId);
  }

  /** What an event told of a name since it was asked for is newer. */
  #takeRoom({ name, topic, members }: Item, askedAt: number): KeptRoom {
    const room: KeptRoom = { name, topic, members: {}, messages: {} };
    for (const { role, user } of members.nodes) {
      room.members[user.id] = role;
      if ((this.#namedAt.get(user.id) ?? 0) <= askedAt) this.#names.set(user.id, user.displayName);
    }
    return room;
  }

  async #loadMessages(id: string, room = this.#rooms.get(id)): Promise<void> {
    for (let after: string | null = null; ; ) {
      const { data }: { data: Item } = await this.#ask(messagesQuery, { id, after });
      if (!room || data.room === null) return;
      const { nodes, pageInfo } = data.room.messages;
      for (const message of nodes) takeMessage(room, message);
      if (!pageInfo.hasNextPage) return;
      after = pageInfo.endCursor;
    }
  }

  /** Of people those who are in sight: in a room with the viewer. */
  #state(known: ReadonlySet<string>): object {
    const people = new Set([...this.#rooms.values()].flatMap(({ members }) => Object.keys(members)));
    return {
      rooms: Object.fromEntries(this.#rooms),
      people: Object.fromEntries([...people].map((id) => [id, this.#names.get(id)])),
      credentials: Object.fromEntries([...known].map((id) => [id, this.#credentials.has(id)])),
    };
  }
}

function takeMessage({ messages }: KeptRoom, { id, version, text, deletedAt }: Item): void {
  if ((messages[id]?.version ?? 0) < version) messages[id] = { version, text, isDeleted: deletedAt !== null };
}
