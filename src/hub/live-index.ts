import type { LogEvent } from '../log/event.ts';
import type { Group } from './group.ts';
import type { LogReader } from './reader.ts';

/** The readers that are live, by room and by person, so that an event finds its recipients without asking all. */
export class LiveIndex {
  readonly #byRoom = new Map<string, Set<LogReader>>();
  readonly #byUser = new Map<string, Set<LogReader>>();
  readonly #roomsOf = new Map<LogReader, readonly string[]>();

  add(reader: LogReader): void {
    const rooms = [...reader.coverage.liveRooms()];
    this.#roomsOf.set(reader, rooms);
    for (const roomId of rooms) addTo(this.#byRoom, roomId, reader);
    const { userId } = reader.coverage;
    if (userId !== null) addTo(this.#byUser, userId, reader);
  }

  delete(reader: LogReader): void {
    for (const roomId of this.#roomsOf.get(reader) ?? []) deleteFrom(this.#byRoom, roomId, reader);
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
  recipientsOf(event: LogEvent): Map<Group, LogReader[]> {
    return byGroup(this.#candidates(event), (reader) => reader.coverage.covers(event));
  }

  all(): Map<Group, LogReader[]> {
    return byGroup(this.#roomsOf.keys(), () => true);
  }

  #candidates({ audience }: LogEvent): Iterable<LogReader> {
    switch (audience.kind) {
      case 'room':
        return this.#byRoom.get(audience.roomId) ?? [];
      case 'user':
        return this.#byUser.get(audience.userId) ?? [];
      case 'server':
        return this.#roomsOf.keys();
    }
  }
}

function byGroup(readers: Iterable<LogReader>, isWanted: (reader: LogReader) => boolean): Map<Group, LogReader[]> {
  const found = new Map<Group, LogReader[]>();
  for (const reader of readers) {
    if (!isWanted(reader)) continue;
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
