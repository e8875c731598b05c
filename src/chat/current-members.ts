import type { Member, RoomId, UserId } from './model.ts';

/** Current memberships by room and person. In two steps: a key made of both would be made, and hashed, anew for each look. */
export class CurrentMembers {
  readonly #byRoom = new Map<RoomId, Map<UserId, Member>>();
  #size = 0;

  constructor(members: Iterable<Member> = []) {
    for (const member of members) this.set(member);
  }

  get size(): number {
    return this.#size;
  }

  get(roomId: RoomId, userId: UserId): Member | undefined {
    return this.#byRoom.get(roomId)?.get(userId);
  }

  set(member: Member): void {
    const ofRoom = this.#byRoom.get(member.roomId) ?? new Map<UserId, Member>();
    this.#size -= ofRoom.size;
    ofRoom.set(member.userId, member);
    this.#size += ofRoom.size;
    this.#byRoom.set(member.roomId, ofRoom);
  }

  delete(roomId: RoomId, userId: UserId): void {
    if (this.#byRoom.get(roomId)?.delete(userId)) this.#size -= 1;
  }

  clear(): void {
    this.#byRoom.clear();
    this.#size = 0;
  }
}
