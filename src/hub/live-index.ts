import type { LogEvent } from '../log/event.ts';
import type { Group } from './group.ts';
import type { LogReader } from './reader.ts';

/** The readers that are live, by room and by person, so that an event finds its recipients without asking all. */
export class LiveIndex {
  readonly #byRoom = new Map<string, Set<LogReader>>();
  /** By room, where an event came since somebody came or went. What was handed out is never changed. */
  readonly #groupsOf = new Map<string, ReadonlyMap<Group, readonly LogReader[]>>();
  readonly #byUser = new Map<string, Set<LogReader>>();
  readonly #roomsOf = new Map<LogReader, readonly string[]>();

  add(reader: LogReader): void {
    const rooms = [...reader.coverage.liveRooms()];
    this.#roomsOf.set(reader, rooms);
    for (const roomId of rooms) {
      addTo(this.#byRoom, roomId, reader);
      this.#groupsOf.delete(roomId);
    }
    const { userId } = reader.coverage;
    if (userId !== null) addTo(this.#byUser, userId, reader);
  }

  delete(reader: LogReader): void {
    for (const roomId of this.#roomsOf.get(reader) ?? []) {
      deleteFrom(this.#byRoom, roomId, reader);
      this.#groupsOf.delete(roomId);
    }
    this.#roomsOf.delete(reader);
    const { userId } = reader.coverage;
    if (userId !== null) deleteFrom(this.#byUser, userId, reader);
  }

  /** After a change of the reader's rights. */
  refresh(reader: LogReader): void {
    this.delete(reader);
    this.add(reader);
  }

  /** Live streams of all that a person may see. */
  readersOf(userId: string): readonly LogReader[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  /** Who gets an event at its position, by group. */
  recipientsOf(event: LogEvent): Map<Group, readonly LogReader[]> {
    const found = new Map<Group, readonly LogReader[]>();
    for (const [group, readers] of this.#candidates(event)) {
      const recipients = coveredOf(readers, event);
      if (recipients.length > 0) found.set(group, recipients);
    }
    return found;
  }

  all(): ReadonlyMap<Group, readonly LogReader[]> {
    return byGroup(this.#roomsOf.keys());
  }

  #candidates({ audience }: LogEvent): ReadonlyMap<Group, readonly LogReader[]> {
    switch (audience.kind) {
      case 'room':
        return this.#ofRoom(audience.roomId);
      case 'user':
        return byGroup(this.#byUser.get(audience.userId) ?? []);
      case 'server':
        return this.all();
    }
  }

  #ofRoom(roomId: string): ReadonlyMap<Group, readonly LogReader[]> {
    const known = this.#groupsOf.get(roomId);
    if (known) return known;
    const readers = this.#byRoom.get(roomId);
    const groups = byGroup(readers ?? []);
    if (readers) this.#groupsOf.set(roomId, groups);
    return groups;
  }
}

function coveredOf(readers: readonly LogReader[], event: LogEvent): readonly LogReader[] {
  const [first] = readers;
  if (first?.coverage.isSameForGroup) return first.coverage.covers(event) ? readers : [];
  return readers.filter((reader) => reader.coverage.covers(event));
}

function byGroup(readers: Iterable<LogReader>): Map<Group, readonly LogReader[]> {
  const found = new Map<Group, LogReader[]>();
  for (const reader of readers) {
    const members = found.get(reader.group);
    if (members) members.push(reader);
    else found.set(reader.group, [reader]);
  }
  return found;
}

function addTo<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}

function deleteFrom<Key, Value>(map: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const values = map.get(key);
  values?.delete(value);
  if (values?.size === 0) map.delete(key);
}
