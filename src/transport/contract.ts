import type { DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { Mark, Reader, Sink } from '../hub/contract.ts';

/** Who makes a request, as far as transports know. `viewer` is opaque to them but for these two ids. */
export interface Caller {
  readonly viewer: CallerViewer | null;
  /** True where the viewer is known by the cookie of an HTTP request. */
  readonly isByCookie: boolean;
  /** Where it comes from, as far as the request tells. */
  readonly origin: { readonly userAgent: string | null; readonly address: string | null };
  /** Counts one use of a rate bucket, of an account where one is named; milliseconds to wait when it is empty, else null. */
  spend(bucket: string, account?: string): Promise<number | null>;
  /** The cookie that a browser is known by, which lets nobody in; null: none was sent. */
  readonly device: string | null;
  /** Sets that cookie; null where the transport has none. */
  readonly setDevice: ((cookie: string) => void) | null;
  /** Sets or clears (null) the session cookie of the answer; null where the transport has none. */
  readonly setCookie: ((token: string | null, expiresAt: Date | null) => void) | null;
}

export interface CallerViewer {
  readonly user: { readonly id: string };
  readonly credentialId: string;
  /** Of an API token: what it may be used for; null: a session, which may everything. */
  readonly scopes: readonly string[] | null;
  /** Null: no earlier than it is found ended; see `keepCredentials`. */
  readonly expiresAt: Date | null;
}

/** An operation that passed the gate: parsed, valid, within limits. */
export interface AdmittedOperation {
  /** The selected operation and the fragments of the document; the same object for the same text and name while cached. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | null;
  /** As sent: what executors of graphql expect. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Coerced, with defaults: what two equal subscriptions have alike. */
  readonly coercedVariables: Readonly<Record<string, unknown>>;
}

/** All that transports need of the rest of Parley; main puts it together. */
export interface Engine {
  readonly schema: GraphQLSchema;
  /** Null: unknown, ended or expired token. Throws TOKEN_REPLACED for that of a guest who signed up a moment ago. */
  viewerOf(token: string): Promise<CallerViewer | null>;
  /** The context of one query or mutation; `end` gives back its snapshot and tells the position of the answer. */
  beginOperation(caller: Caller): Operation;
  /**
   * Opens a subscription on the hub. Errors: refused, nothing was opened. Never rejects with an expected refusal.
   * `resumeAfter`: a cursor that takes the place of where the operation says that the stream begins.
   */
  openStream(
    caller: Caller,
    operation: AdmittedOperation,
    sink: Sink,
    resumeAfter?: string | null,
  ): Promise<Reader | readonly GraphQLError[]>;
  /** The cursor that clients know a mark by. */
  cursorOf(mark: Mark): string;
  readonly avatars: AvatarStore;
  /** All that the server keeps of a person, as lines of JSON from one snapshot. `signal`: nobody wants the rest. */
  exportOf(viewer: CallerViewer, signal: AbortSignal): AsyncIterable<string>;
  /** For those whom a provider of OpenID Connect lets in. */
  readonly providers: ProviderSignIns;
  /** Marks the credentials of open connections as used; those that have ended are told to `onCredentialEnded`. */
  keepCredentials(credentialIds: readonly string[]): Promise<void>;
  /**
   * Calls back with the id of each credential that ends; `isReplaced`: who had it goes on by a new one. Returns the way to
   * stop listening.
   */
  onCredentialEnded(callback: (credentialId: string, isReplaced: boolean) => void): () => void;
  /** The person has their first lasting connection on this node (true), or has none any more. */
  setPresent(userId: string, isPresent: boolean): void;
  /** A sign-in that comes now would wait long for those before it. */
  readonly hasSignInFlood: boolean;
  /** True when reads and writes can be served now. */
  isReady(): Promise<boolean>;
  /** What is not as it should be on a node that can serve all the same, a line each; for whoever looks at its health. */
  troubles?(): readonly string[];
}

export interface Operation {
  readonly context: object;
  /** Ends the snapshot. The cursor of the answer for `extensions.asOf`; null when it could not be read. Never rejects. */
  end(): Promise<string | null>;
}

/** Pictures of people. */
export interface AvatarStore {
  readonly limitBytes: number;
  /** Null takes it away. Throws BAD_REQUEST for what is no picture that is taken. */
  set(
    viewer: CallerViewer,
    bytes: Buffer | null,
  ): Promise<
    | { readonly refused: { readonly code: string; readonly message: string } }
    /** As the answer says it; the cursor is that of the event, null where nothing changed. */
    | { readonly avatarUrl: string | null; readonly cursor: string | null }
  >;
  /** Null: there is none. */
  read(hash: string): Promise<{ readonly mediaType: string; readonly bytes: Buffer } | null>;
}

export interface ProviderSignIns {
  /** 32 bytes, the same on all nodes, for what travels with the browser. */
  readonly key: Buffer;
  /** False: the id was spent before, on whichever node. */
  spend(state: { readonly id: string; readonly expiresAt: Date }): Promise<boolean>;
  /** Signs in, up, or links to who is signed in. `askSignUp` gives what the provider calls the person; null: no. */
  enter(
    viewer: CallerViewer | null,
    identity: { readonly issuer: string; readonly subject: string },
    origin: Caller['origin'],
    askSignUp: () => Promise<ProviderProfile | null>,
  ): Promise<ProviderOutcome>;
}

export interface ProviderProfile {
  readonly username: string | null;
  readonly name: string | null;
}

export type ProviderOutcome =
  | { readonly outcome: 'SIGNED_IN'; readonly signedIn: { readonly token: string; readonly expiresAt: Date } }
  | { readonly outcome: 'LINKED' | 'NOT_ASKED' | 'TAKEN' | 'OTHER_LINKED' | 'SESSION_CHANGED' | 'SIGN_IN_AGAIN' };
