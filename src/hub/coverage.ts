import type { LogEvent } from '../log/event.ts';
import type { PageScope } from '../log/read.ts';
import { replaySpans } from '../log/span.ts';
import type { EventFilter, StreamSource } from './contract.ts';
import type { Entitlement } from './entitlement.ts';

/** Which events a log stream gets. One answer for pages, ring and live, by the rights at the tail. */
export interface Coverage {
  /** Null where the rights never change: a public room. */
  readonly entitlement: Entitlement | null;
  /** False once the stream has nothing left to read and must end. */
  isReadable(): boolean;
  covers(event: LogEvent): boolean;
  /** True where it covers the same for every member of a group: to ask one of them is enough. */
  readonly isSameForGroup: boolean;
  /** For pages: the same as `covers`, as the database asks it. */
  scope(): PageScope;
  /** Rooms whose events reach the stream live, now. */
  liveRooms(): Iterable<string>;
  /** Whose personal events reach the stream; null: nobody's. */
  readonly userId: string | null;
}

export type LogSource = Exclude<StreamSource, { kind: 'typing' }>;

export function coverageOf(source: LogSource, messageKinds: readonly string[], acquire: () => Entitlement): Coverage {
  if (source.kind === 'viewer') return viewerCoverage(acquire(), source.filter);
  return new RoomCoverage(source.roomId, messageKinds, source.isPrivate ? acquire() : null);
}

/** A room's messages, whole, for whoever may read the room now. A class, because most streams have one of these. */
class RoomCoverage implements Coverage {
  readonly entitlement: Entitlement | null;
  readonly #roomId: string;
  readonly #kinds: readonly string[];

  constructor(roomId: string, kinds: readonly string[], entitlement: Entitlement | null) {
    this.entitlement = entitlement;
    this.#roomId = roomId;
    this.#kinds = kinds;
  }

  get userId(): null {
    return null;
  }

  get isSameForGroup(): true {
    return true;
  }

  isReadable(): boolean {
    return this.entitlement === null || this.entitlement.isMember(this.#roomId);
  }

  covers({ audience, kind }: LogEvent): boolean {
    return audience.kind === 'room' && audience.roomId === this.#roomId && this.#kinds.includes(kind);
  }

  scope(): PageScope {
    const spans = [{ roomId: this.#roomId, from: 0, to: null }];
    return { spans, userId: null, aboutRoomIds: null, actorIds: null, kinds: this.#kinds };
  }

  liveRooms(): readonly string[] {
    return [this.#roomId];
  }
}

/** All that a person is entitled to, within spans of membership, narrowed by a filter. */
function viewerCoverage(entitlement: Entitlement, filter: EventFilter): Coverage {
  const whole = new Set(filter.publicRoomIds);
  const limited = filter.roomIds && new Set(filter.roomIds);
  const actors = filter.actorIds && new Set(filter.actorIds);
  const kinds = filter.kinds && new Set(filter.kinds);

  function isFor({ audience, position, body }: LogEvent): boolean {
    switch (audience.kind) {
      case 'server':
        return true;
      case 'user':
        return audience.userId === entitlement.viewerId && (!limited || limited.has(String(body.roomId)));
      case 'room':
        if (whole.has(audience.roomId)) return true;
        return (!limited || limited.has(audience.roomId)) && entitlement.covers(audience.roomId, position);
    }
  }

  return {
    entitlement,
    userId: entitlement.viewerId,
    isSameForGroup: false,
    isReadable: () => true,
    covers(event) {
      if (kinds && !kinds.has(event.kind)) return false;
      if (actors && (event.actorId === null || !actors.has(event.actorId))) return false;
      return isFor(event);
    },
    scope: () => ({
      spans: replaySpans(entitlement.spans, filter),
      userId: entitlement.viewerId,
      aboutRoomIds: filter.roomIds,
      actorIds: filter.actorIds,
      kinds: filter.kinds,
    }),
    liveRooms() {
      const rooms = new Set(whole);
      for (const { roomId, toPosition } of entitlement.spans) {
        if (toPosition === null && (!limited || limited.has(roomId))) rooms.add(roomId);
      }
      return rooms;
    },
  };
}
