import type { Mark, Position } from '../log/position.ts';
import type { SignInOrigin } from './accounts/new-session.ts';
import type { CreationOptions, CreationResponse, RequestOptions, RequestResponse } from './accounts/passkey-proof.ts';
import type {
  Actor,
  ApiToken,
  ApiTokenId,
  Bot,
  CredentialId,
  Identity,
  IdentityId,
  Member,
  MemberId,
  MemberRole,
  Message,
  MessageId,
  Passkey,
  PasskeyId,
  Room,
  RoomId,
  RoomKind,
  Session,
  SessionId,
  User,
  UserId,
  UserProfile,
  Viewer,
} from './model.ts';
import type { ProfileChange } from './profiles/profiles.ts';
import type { Reading } from './reading.ts';
import type { Refused } from './refusal.ts';
import type { MaybePromise } from './row-loader.ts';

/**
 * What chat can do, by verb. Each command is checked, decided in the order of the log and durable before it resolves.
 * An expected no resolves to Refused; throws Fault UNAVAILABLE when the database could not answer in time (then
 * `details.outcome` says NOT_DONE or UNKNOWN: repeat with the same clientKey).
 */
export interface Commands {
  sendMessage(actor: Actor, input: SendMessage): Promise<Outcome<Message>>;
  editMessage(actor: Actor, input: EditMessage): Promise<Outcome<Message>>;
  deleteMessage(actor: Actor, input: DeleteMessage): Promise<Outcome<Message>>;
  createRoom(actor: Actor, input: CreateRoom): Promise<Outcome<Room>>;
  updateRoom(actor: Actor, input: UpdateRoom): Promise<Outcome<Room>>;
  joinRoom(actor: Actor, input: RoomCommand): Promise<Outcome<Member>>;
  leaveRoom(actor: Actor, input: RoomCommand): Promise<Outcome<Member>>;
  addMember(actor: Actor, input: MemberCommand): Promise<Outcome<Member>>;
  removeMember(actor: Actor, input: MemberCommand): Promise<Outcome<Member>>;
  setMemberRole(actor: Actor, input: SetMemberRole): Promise<Outcome<Member>>;
  changeHandle(actor: Actor, input: ChangeHandle): Promise<Outcome<User>>;
  updateProfile(actor: Actor, input: UpdateProfile): Promise<Outcome<User>>;
}

/** Outcome of a command: what it made or changed, and where in the log. */
export type Outcome<Entity> = Refused | Accepted<Entity>;

export interface Accepted<Entity> {
  /** Null: replayed, and no longer the actor's to see. */
  readonly entity: Entity | null;
  /** The command's (last) event; null when nothing had to change (joining where one is a member). */
  readonly mark: Mark | null;
  /** Head of the log as this command saw or made it: `asOf` of the answer. */
  readonly head: Mark;
  /** True when the key had been used before for the same input: nothing was written now. */
  readonly replayed: boolean;
}

interface Keyed {
  /** Unique per person for ever; null: repeating the command does it again. */
  readonly clientKey: string | null;
}
export interface SendMessage extends Keyed {
  readonly roomId: RoomId;
  readonly text: string;
}
export interface EditMessage extends Keyed {
  readonly messageId: MessageId;
  readonly text: string;
  readonly expectedVersion: number;
}
export interface DeleteMessage extends Keyed {
  readonly messageId: MessageId;
}
export interface CreateRoom extends Keyed {
  readonly name: string;
  readonly kind: RoomKind;
  readonly slug: string | null;
  readonly topic: string | null;
}
export interface UpdateRoom extends Keyed {
  readonly roomId: RoomId;
  /** Undefined: unchanged. */
  readonly name: string | undefined;
  /** Undefined: unchanged; null: cleared. */
  readonly topic: string | null | undefined;
  /** Undefined: unchanged; null: as the operator has it. */
  readonly messageRetentionDays: number | null | undefined;
  readonly expectedVersion: number | null;
}
export interface RoomCommand extends Keyed {
  readonly roomId: RoomId;
}
export interface MemberCommand extends RoomCommand {
  readonly userId: UserId;
}
export interface ChangeHandle extends Keyed {
  readonly handle: string;
}
/** Undefined: unchanged; null: cleared. */
export interface UpdateProfile extends Keyed, ProfileChange {
  readonly displayName: string | undefined;
}
export interface SetMemberRole extends MemberCommand {
  readonly role: MemberRole;
}

/**
 * How people come in. Passwords are kept as slow hashes apart from people, tokens as hashes. Of many who ask at once some
 * wait, and when too many wait they are refused as RATE_LIMITED.
 */
export interface Accounts {
  /** A new person with no more than a name. */
  enterAsGuest(displayName: string, origin: SignInOrigin): Promise<Refused | SignedIn>;
  /** A new person, or the guest who asks: they keep id and history, and their session under a new token. */
  signUp(viewer: Viewer | null, input: SignUp, origin: SignInOrigin): Promise<Refused | SignedIn>;
  /** A handle that nobody has and a wrong password get the same answer in the same time. */
  signIn(input: SignIn, origin: SignInOrigin): Promise<Refused | SignedIn>;
  /** Ends all other sessions, and API tokens where that is asked. A first one ends none, and asks for a recent proof. */
  changePassword(viewer: Viewer, input: ChangePassword): Promise<Refused | Ended>;
  /** Counts the session as just begun, for what asks for a recent proof of who it is. */
  confirm(viewer: Viewer, password: string): Promise<Refused | Confirmed>;
}

/** A session that counts as just begun. */
export interface Confirmed {
  readonly confirmedUntil: Date;
}

/** Leaving for ever. */
export interface Deletions {
  /** What may become of the messages of who leaves; the first where they do not say. */
  readonly offered: readonly [DeletedContent, ...DeletedContent[]];
  /**
   * Ends the account and all its credentials at once, by events of the log; memberships and, if they are to go, messages
   * follow in the background, on whichever node, whatever happens to this one.
   */
  deleteAccount(viewer: Viewer, input: DeleteAccount): Promise<Refused | Ended>;
}

/** Of messages: deleted as by their author, or kept under «Deleted user». */
export type DeletedContent = 'ERASE' | 'KEEP';

export interface DeleteAccount {
  /** Null: they have none. */
  readonly password: string | null;
  /** Null: what the server does where nothing is said. */
  readonly content: DeletedContent | null;
}

export interface SignIn {
  readonly handle: string;
  readonly password: string;
}
export interface SignUp extends SignIn {
  /** Null: a guest keeps theirs, others get their handle. */
  readonly displayName: string | null;
}
export interface ChangePassword {
  /** Null: there is none yet. */
  readonly currentPassword: string | null;
  readonly newPassword: string;
  readonly endsApiTokens: boolean;
}
export interface SignedIn {
  readonly viewer: Viewer;
  /** For the caller alone. */
  readonly token: string;
  readonly expiresAt: Date;
  /** Null: nothing was written into the log. */
  readonly head: Mark | null;
}

/** Keys of people's devices instead of passwords. Options and responses are JSON as WebAuthn has it. */
export interface Passkeys {
  readonly isAvailable: boolean;
  optionsToAdd(viewer: Viewer): Promise<Refused | { readonly options: CreationOptions }>;
  /** `name` null: «Passkey». */
  add(
    viewer: Viewer,
    given: { readonly response: CreationResponse; readonly name: string | null },
  ): Promise<Refused | Passkey>;
  optionsToSignIn(): Promise<Refused | { readonly options: RequestOptions }>;
  /** The passkey says who it is. */
  signIn(response: RequestResponse, origin: SignInOrigin): Promise<Refused | SignedIn>;
  /** As Accounts.confirm, by a passkey of the viewer that answered `optionsToSignIn`. */
  confirm(viewer: Viewer, response: RequestResponse): Promise<Refused | Confirmed>;
  rename(viewer: Viewer, id: PasskeyId, name: string): Promise<Refused | Passkey>;
  /** LAST_SIGN_IN_WAY: they would be locked out. */
  remove(viewer: Viewer, id: PasskeyId): Promise<Refused | { readonly removedId: PasskeyId }>;
}

/** People whom a provider of OpenID Connect knows: by issuer and subject, and by nothing else. */
export interface Identities {
  /**
   * Signs in whom the identity belongs to; their own session counts as just begun. One that nobody has goes to the member who
   * asks, makes the guest who asks a member, or makes a new person; `askSignUp` is asked before the last two.
   */
  enter(
    viewer: Viewer | null,
    claim: IdentityClaim,
    origin: SignInOrigin,
    askSignUp: () => Promise<ProvidedProfile | null>,
  ): Promise<Entered>;
  /** LAST_SIGN_IN_WAY: they would be locked out. */
  unlink(viewer: Viewer, id: IdentityId): Promise<Refused | { readonly removedId: IdentityId }>;
}

export type IdentityClaim = Pick<Identity, 'issuer' | 'subject'>;

/** What a provider calls a person; null: nothing. */
export interface ProvidedProfile {
  readonly username: string | null;
  readonly name: string | null;
}

export type Entered =
  | { readonly outcome: 'SIGNED_IN'; readonly signedIn: SignedIn }
  | { readonly outcome: 'LINKED' }
  /**
   * Nothing was written: `askSignUp` said no; the identity is another's; they have another of this issuer; signed out or up; it
   * is long ago that they proved who they are.
   */
  | { readonly outcome: 'NOT_ASKED' | 'TAKEN' | 'OTHER_LINKED' | 'SESSION_CHANGED' | 'SIGN_IN_AGAIN' };

/** Sign-ins that last. Tokens are stored hashed; a session ends some days after it was last seen. */
export interface Sessions {
  /**
   * Null: unknown, ended or expired token. Throws TOKEN_REPLACED for that of a guest who signed up a moment ago. Marks the
   * session as seen, at most once an hour.
   */
  viewerOf(token: string): Promise<Viewer | null>;
  /** Ends the viewer's own session, by an event of the log; see CREDENTIALS_ENDED. */
  signOut(viewer: Viewer): Promise<Ended>;
  /** Ends a session of the viewer. NOT_FOUND: they have none such, or it has ended. */
  revoke(viewer: Viewer, sessionId: SessionId): Promise<Refused | Ended>;
  /** Ends all sessions of the viewer but the one that asks. */
  revokeOthers(viewer: Viewer): Promise<Ended>;
  /** Marks the sessions of open connections as seen; gives back those that are neither gone nor expired. */
  keep(credentialIds: readonly string[]): Promise<readonly string[]>;
  /**
   * Calls back with the id of each credential that ends, on whichever node: in the order of the log, in the turn in which
   * its event was handed out; `isReplaced`: the person goes on by a new one. Returns the way to stop listening.
   */
  onEnded(callback: EndedListener): () => void;
}

export type EndedListener = (credentialId: CredentialId, isReplaced: boolean) => void;

/** What a command ended: nothing where it had ended before. */
export interface Ended {
  readonly sessionIds: readonly SessionId[];
  /** Of the event that says so; null: nothing ended. */
  readonly mark: Mark | null;
  readonly head: Mark;
}

/** One page of a keyset: at most `limit` rows strictly between the two keys, from one end. */
export interface PageRequest<Key> {
  readonly take: 'first' | 'last';
  readonly limit: number;
  readonly after: Key | null;
  readonly before: Key | null;
}

/** Rows in the order of the connection, whichever end they were taken from. */
export interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly hasPreviousPage: boolean;
  readonly hasNextPage: boolean;
}

export interface SignInState {
  readonly hasPassword: boolean;
  /** Null: by no session. */
  readonly provenAt: Date | null;
}

/** Reads, each within the given Reading (one snapshot). Null or an empty page: unknown or not the viewer's to see, alike. */
export interface Queries {
  roomById(reading: Reading, viewer: Viewer, id: RoomId): Promise<Room | null>;
  roomBySlug(reading: Reading, viewer: Viewer, slug: string): Promise<Room | null>;
  /** Public rooms by slug. */
  publicRooms(reading: Reading, page: PageRequest<string>): Promise<PageOf<Room>>;
  /** Rooms that the viewer is a member of, by slug. */
  viewerRooms(reading: Reading, viewer: Viewer, page: PageRequest<string>): Promise<PageOf<Room>>;
  /** Whether they have a password, and when whoever asks proved last who they are. */
  signInState(reading: Reading, viewer: Viewer): Promise<SignInState>;
  passkeys(reading: Reading, viewer: Viewer): Promise<Passkey[]>;
  /** Those of a person or bot that have neither ended nor expired, oldest first (by id). The caller has checked whose they are. */
  apiTokens(reading: Reading, userId: UserId, page: PageRequest<ApiTokenId>): Promise<PageOf<ApiToken>>;
  /** The viewer's own, oldest first (by id). */
  bots(reading: Reading, viewer: Viewer, page: PageRequest<UserId>): Promise<PageOf<Bot>>;
  identities(reading: Reading, viewer: Viewer): Promise<Identity[]>;
  userById(reading: Reading, id: UserId): Promise<User | null>;
  /** What people tell of themselves; of those who told nothing an empty one. */
  userProfile(reading: Reading, id: UserId): Promise<UserProfile>;
  /** Capitals count for nothing. */
  userByHandle(reading: Reading, handle: string): Promise<User | null>;
  /** The viewer's own that have neither ended nor expired, oldest first (by id). */
  sessions(reading: Reading, viewer: Viewer, page: PageRequest<SessionId>): Promise<PageOf<Session>>;
  /** Current members in order of joining (by joinedPosition). The caller has checked that the room is readable. */
  members(reading: Reading, roomId: RoomId, page: PageRequest<Position>): Promise<PageOf<Member>>;
  viewerMember(reading: Reading, viewer: Viewer, roomId: RoomId): MaybePromise<Member | null>;
  /** A membership, also one that has ended, of a room that the viewer may read. */
  memberById(reading: Reading, viewer: Viewer, id: MemberId): Promise<Member | null>;
  messageById(reading: Reading, viewer: Viewer, id: MessageId): Promise<Message | null>;
  /** In the order of the log (by position). The caller has checked that the room is readable. */
  messages(reading: Reading, roomId: RoomId, page: PageRequest<Position>): Promise<PageOf<Message>>;
  /** About count/2 before the message, itself, and the rest after it. Null: no such message in this room. */
  messagesAround(
    reading: Reading,
    roomId: RoomId,
    messageId: MessageId,
    count: number,
  ): Promise<PageOf<Message> | null>;
}
