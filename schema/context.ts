import type { KnownPlaces } from '../src/chat/accounts/known-places.ts';
import type { SignInOrigin } from '../src/chat/accounts/new-session.ts';
import type { Accounts, Commands, Deletions, Identities, Passkeys, Queries, Sessions } from '../src/chat/contract.ts';
import type { ChatEventPage, EventQuery } from '../src/chat/event-pages.ts';
import type { Viewer } from '../src/chat/model.ts';
import type { ApiTokens } from '../src/chat/programs/api-tokens.ts';
import type { Bots } from '../src/chat/programs/bots.ts';
import type { Reading } from '../src/chat/reading.ts';
import type { RetentionBounds } from '../src/chat/retention/retention.ts';
import type { CursorCodec } from '../src/log/cursor.ts';
import type { Mark } from '../src/log/position.ts';
import type { Presence, Typing } from '../src/presence/contract.ts';

/** What resolvers may use. One per operation over HTTP and WebSocket, one per execution in the hub. */
export interface Context {
  /** Who asks; null when signed out. Throws ViewerTouched in a shared execution, which then runs again per viewer. */
  readonly viewer: Viewer | null;
  /** Reads of this operation, all in one snapshot (in the hub: of now). Renewed around each mutation. */
  readonly reading: Reading;
  readonly services: Services;
  /** A cursor that takes the place of `after` and `last` of a subscription that is opened again; null: none. */
  readonly resumeAfter: string | null;
  /**
   * Gives the snapshot back: who waits for other connections while it holds one may wait for others who do the same. Null: there
   * is none, as there mostly is not before the first mutation, and nothing to wait for.
   */
  renew(): Promise<void> | null;
  /** Tells the answer's position after a commit, and lets later reads see it. */
  committed(head: Mark): Promise<void> | null;
  /** True where the viewer is known by the cookie of an HTTP request. */
  readonly isByCookie: boolean;
  /** Where the request comes from, as a session remembers it. */
  readonly origin: SignInOrigin;
  /** Counts one use of a bucket, of an account where one is named; milliseconds to wait when it is empty, else null. */
  spend(bucket: RateBucket, account?: string): Promise<number | null>;
  /** What the browser sent to be known by, see KnownPlaces; null: nothing. */
  readonly device: string | null;
  /** Sets the cookie that the browser is known by; null where the transport has none. */
  readonly setDevice: ((cookie: string) => void) | null;
  /** Sets or clears (null) the session cookie of the HTTP answer; null where the transport has none. */
  readonly setCookie: ((token: string | null, expiresAt: Date | null) => void) | null;
}

export type RateBucket = 'guests' | 'signUps' | 'signIns' | 'passwords' | 'sends' | 'changes' | 'typing';

/** What one node shares between all operations. */
export interface Services {
  readonly commands: Commands;
  readonly queries: Queries;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly apiTokens: ApiTokens;
  readonly bots: Bots;
  readonly deletions: Deletions;
  readonly passkeys: Passkeys;
  readonly identities: Identities;
  readonly places: KnownPlaces;
  readonly typing: Typing;
  readonly presence: Pick<Presence, 'isOnline' | 'size'>;
  readonly cursors: CursorCodec;
  /** A page of the viewer's entitled events, oldest first. Promise R1 of docs/protocol.md. */
  readonly events: (reading: Reading, viewer: Viewer, query: EventQuery) => Promise<ChatEventPage>;
  readonly server: ServerFacts;
}

export interface ServerFacts {
  readonly version: string;
  readonly apiLevel: number;
  readonly features: readonly string[];
  readonly signInMethods: readonly SignInMethod[];
  readonly messageRetention: RetentionBounds;
  readonly limits: {
    readonly pageSize: number;
    readonly messageTextCodePoints: number;
    readonly clientKeyCharacters: number;
    readonly displayNameCodePoints: number;
    readonly bioCodePoints: number;
    readonly pronounsCodePoints: number;
    readonly statusCodePoints: number;
    readonly roomNameCodePoints: number;
    readonly roomTopicCodePoints: number;
    readonly avatarBytes: number;
    readonly avatarPixels: number;
    readonly requestBodyBytes: number;
    readonly operationDepth: number;
    readonly operationCost: number;
    readonly subscriptionsPerSocket: number;
    readonly apiTokensPerAccount: number;
    readonly botsPerOwner: number;
  };
}

/** A way in that this server offers. Label and path are those of a PROVIDER; null with the others. */
export interface SignInMethod {
  readonly kind: 'GUEST' | 'PASSWORD' | 'PASSKEY' | 'PROVIDER';
  readonly label: string | null;
  readonly path: string | null;
}
