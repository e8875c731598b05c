/** What a run leaves behind for the checker: what people were told, what readers got, and what is there. */
import type { LoggedEvent } from '../support/history.ts';
import type { Verb } from './verbs.ts';

/** A write that somebody asked for, until it was answered. Ids are those of the API. */
export interface Deed {
  readonly actorId: string;
  readonly verb: Verb;
  readonly key: string;
  readonly input: Readonly<Record<string, unknown>>;
  tries: number;
  /** A try was given up without an answer: it may have been done, or may be done yet. */
  isInDoubt: boolean;
  /** Null: no answer at all. */
  outcome: Outcome | null;
}

export type Outcome =
  | {
      readonly kind: 'done';
      /** Null where nothing had to change. */
      readonly position: number | null;
      readonly subjectId: string;
      readonly isReplayed: boolean;
    }
  | { readonly kind: 'refused'; readonly code: string };

/** One item as a reader got it; checkpoints and ends left out. */
export interface SeenItem {
  readonly position: number;
  /** What never changes of the event, as text. */
  readonly facts: string;
  /** The message that it showed, which may be newer than the event. */
  readonly message: SeenMessage | null;
}

export interface SeenMessage {
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
}

export type Scope =
  /** The messages of a room. */
  | { readonly kind: 'room'; readonly roomId: string }
  /** All that a person is entitled to; `roomIds` narrow it, and add public rooms whole. */
  | { readonly kind: 'viewer'; readonly roomIds: readonly string[] | null };

/** What one reader got, over all of its connections. */
export interface Reading {
  readonly source: string;
  readonly userId: string;
  readonly scope: Scope;
  /** Where it began. */
  readonly from: number;
  readonly items: readonly SeenItem[];
  /** All of it was asked for at once, at the end. */
  readonly isQueried: boolean;
  /** False: it was ended before the end of the log, and need not have all. */
  readonly isWhole: boolean;
  /** Behind this position nothing may reach it: its credential ended there. Null: it did not. */
  readonly revokedAt: number | null;
}

export interface StoredMessage {
  readonly id: string;
  readonly roomId: string;
  readonly authorId: string;
  readonly position: number;
  readonly text: string | null;
  readonly version: number;
  readonly isDeleted: boolean;
}

/** Rows of the database, with its own ids. */
export interface Tables {
  readonly log: readonly LoggedEvent[];
  readonly keys: readonly { readonly userId: string; readonly key: string; readonly position: number | null }[];
  readonly messages: readonly StoredMessage[];
  readonly rooms: readonly { readonly id: string; readonly name: string; readonly version: number }[];
  readonly spans: readonly {
    readonly id: string;
    readonly userId: string;
    readonly role: string;
    readonly from: number;
    readonly to: number | null;
  }[];
}

/** A state that was kept by events alone, beside the same state asked for anew. */
export interface KeptState {
  readonly source: string;
  readonly kept: object;
  readonly fresh: object;
  /** Kinds of events that it took in. */
  readonly kinds: readonly string[];
}

/** A credential that was revoked, as its owner was told. */
export interface Revocation {
  readonly credentialId: string;
  /** Null: the answer that told it was lost. */
  readonly position: number | null;
}

export interface Evidence {
  readonly deeds: readonly Deed[];
  readonly revocations: readonly Revocation[];
  /** The load began behind this position. */
  readonly after: number;
  readonly tables: Tables;
  readonly readings: readonly Reading[];
  readonly states: readonly KeptState[];
  /** Requests that were let in though their credential or membership had ended. */
  readonly intrusions: readonly string[];
}

/** Each finding is a sentence; a good run has none. */
export interface Findings {
  /** Acknowledged, and not there as it was acknowledged; or not told to a reader. */
  readonly lost: readonly string[];
  /** There, or told, more than once; or there though nobody asked for it, or though it was refused. */
  readonly repeated: readonly string[];
  /** Positions and counts with holes; readers who got events in another order than the log's. */
  readonly outOfOrder: readonly string[];
  /** Seen by somebody who had no right to it at its place in the log. */
  readonly afterRevocation: readonly string[];
  /** Facts or states that differ: live, resumed, queried, kept by events, in the tables. */
  readonly unlike: readonly string[];
}
