import type { LogBatch } from '../log/batch.ts';
import type { NewEvent } from '../log/event.ts';
import type { Mark } from '../log/position.ts';
import type { EventBodies, EventKind } from './events.ts';
import type { RoomId, UserId } from './model.ts';
import type { Refused } from './refusal.ts';

/** What a rule decided, before keys and positions of the answer are added to it. */
export type Decision =
  | Refused
  | {
      readonly entityId: string;
      readonly entity: object;
      /** Of the command's last event; null: nothing had to change. */
      readonly mark: Mark | null;
    };

/** What the committer gives for a command. `entity` null: replayed, to be read anew. */
export type Decided =
  | Refused
  | {
      readonly entityId: string;
      readonly entity: object | null;
      readonly mark: Mark | null;
      readonly head: Mark;
      readonly replayed: boolean;
    };

/** Appends an event to everyone entitled to the room. */
export function appendToRoom<Kind extends EventKind>(
  batch: LogBatch,
  kind: Kind,
  actorId: UserId | null,
  body: EventBodies[Kind] & { roomId: RoomId },
): Mark {
  return append(batch, { audience: { kind: 'room', roomId: body.roomId }, kind, body, actorId });
}

/** Appends an event to one person. */
export function appendToUser<Kind extends EventKind>(
  batch: LogBatch,
  kind: Kind,
  actorId: UserId,
  userId: UserId,
  body: EventBodies[Kind],
): Mark {
  return append(batch, { audience: { kind: 'user', userId }, kind, body, actorId });
}

/** Appends an event to everyone signed in. */
export function appendToServer<Kind extends EventKind>(
  batch: LogBatch,
  kind: Kind,
  actorId: UserId,
  body: EventBodies[Kind],
): Mark {
  return append(batch, { audience: { kind: 'server' }, kind, body, actorId });
}

function append(batch: LogBatch, event: NewEvent): Mark {
  const { position, tag } = batch.append(event);
  return { position, tag };
}
