import { hash } from 'node:crypto';
import type { Challenge } from './accounts/challenges.ts';
import type { NewSession } from './accounts/new-session.ts';
import type { NewPublicKey } from './accounts/passkey-proof.ts';
import type {
  CreateRoom,
  DeleteMessage,
  EditMessage,
  MemberCommand,
  RoomCommand,
  SendMessage,
  SetMemberRole,
  UpdateRoom,
} from './contract.ts';
import type {
  ApiTokenId,
  CredentialEndReason,
  CredentialId,
  Identity,
  IdentityId,
  MemberId,
  MessageId,
  Passkey,
  PasskeyId,
  RoomId,
  SessionId,
  User,
  UserId,
} from './model.ts';
import type { ProfileChange } from './profiles/profiles.ts';
import type { NewApiToken } from './programs/api-token-rules.ts';
import type { CreateBot, DeleteBot, UpdateBot } from './programs/bots.ts';
import type { RetentionBounds } from './retention/retention.ts';

/** Input by verb, with the ids that the command will need: made before it is queued, so that deciding is pure. */
export interface CommandInputs {
  sendMessage: SendMessage & { readonly messageId: MessageId };
  editMessage: EditMessage & { readonly roomId: RoomId };
  deleteMessage: DeleteMessage & { readonly roomId: RoomId };
  createRoom: CreateRoom & { readonly roomId: RoomId; readonly memberId: MemberId; readonly slugs: readonly string[] };
  updateRoom: UpdateRoom;
  joinRoom: RoomCommand & { readonly memberId: MemberId };
  leaveRoom: RoomCommand;
  addMember: MemberCommand & { readonly memberId: MemberId };
  removeMember: MemberCommand;
  setMemberRole: SetMemberRole;
  endCredentials: EndCredentials;
  signUp: SignUpCommand;
  changePassword: ChangePasswordCommand;
  updateUser: UpdateUser;
  deleteAccount: DeleteAccountCommand;
  leaveForGood: LeaveForGood;
  eraseMessages: EraseMessages;
  scrubRoom: ScrubRoom;
  linkIdentity: LinkIdentity;
  removeSignInWay: RemoveSignInWay;
  addPasskey: AddPasskey;
  renamePasskey: RenamePasskey;
  createApiToken: CreateApiTokenCommand;
  revokeApiToken: RevokeApiTokenCommand;
  createBot: CreateBot & { readonly botId: UserId };
  updateBot: UpdateBot;
  deleteBot: DeleteBot;
}

/** Ends sessions of the actor, by what they are or by what they are not. Repeating it changes nothing, so it has no key. */
export interface EndCredentials {
  readonly which: { readonly only: readonly SessionId[] } | { readonly allBut: CredentialId | null };
  readonly reason: CredentialEndReason;
  readonly clientKey: null;
}

/** Absent: unchanged. */
export interface UpdateUser {
  readonly handle?: string;
  readonly displayName?: string | undefined;
  readonly profile?: ProfileChange | undefined;
  /** Null: none any more. */
  readonly avatarHash?: string | null;
  readonly clientKey: string | null;
}

/** Without a key: who repeats it is signed out. */
export interface DeleteAccountCommand {
  /** That the password was found to fit; null: they have none. */
  readonly verifiedHash: string | null;
  readonly erasesMessages: boolean;
  readonly clientKey: null;
}

/** Of somebody who deleted their account: takes them out of a room. Repeating it changes nothing. */
export interface LeaveForGood {
  readonly roomId: RoomId;
  readonly clientKey: null;
}

/** Of somebody who deleted their account: deletes messages of theirs in a room. Repeating it changes nothing. */
export interface EraseMessages {
  readonly roomId: RoomId;
  readonly messageIds: readonly MessageId[];
  readonly clientKey: null;
}

/** Takes the texts of messages away that are due by the retention of their room. Repeating it changes nothing. */
export interface ScrubRoom {
  readonly roomId: RoomId;
  readonly messageIds: readonly MessageId[];
  readonly bounds: RetentionBounds;
  readonly clientKey: null;
}

/** Without a key: repeating it finds the handle taken, or the person signed up. */
export interface SignUpCommand {
  readonly handle: string;
  /** Null: as it was, or the handle. */
  readonly displayName: string | null;
  readonly hash: string;
  /** Of a guest who signs up too: what they had as a guest ends. */
  readonly session: NewSession;
  /** False: the actor is a guest who stays who they are. */
  readonly isNew: boolean;
  readonly clientKey: null;
}

export interface ChangePasswordCommand {
  /** That the current password was found to fit; null: there is none yet. */
  readonly verifiedHash: string | null;
  readonly hash: string;
  /** API tokens of the actor end too. */
  readonly endsApiTokens: boolean;
  readonly clientKey: null;
}

/** Without a key: what it makes is shown once. */
export interface CreateApiTokenCommand {
  readonly token: NewApiToken;
  readonly clientKey: null;
}

export interface RevokeApiTokenCommand {
  readonly apiTokenId: ApiTokenId;
  readonly clientKey: null;
}

/** Gives an identity to the actor: a new person, the guest or the member who asks. Repeating it finds it given. */
export interface LinkIdentity {
  readonly identity: Identity;
  /** What the actor was when they asked, and the session they have from then on; a member keeps theirs. */
  readonly as:
    | { readonly kind: 'NEW' | 'GUEST'; readonly session: NewSession; readonly handles: readonly string[] }
    | { readonly kind: 'MEMBER' };
  /** Null: a guest or a member keeps theirs, others get their handle. */
  readonly displayName: string | null;
  readonly clientKey: null;
}

/** A row of `passkey`, before it is written. */
export interface NewPasskey extends Passkey, NewPublicKey {}

/** Without a key: what the browser answered counts once. */
export interface AddPasskey {
  readonly passkey: NewPasskey;
  /** That it answers. */
  readonly challenge: Challenge;
  readonly clientKey: null;
}

export interface RenamePasskey {
  readonly passkeyId: PasskeyId;
  readonly name: string;
  readonly clientKey: null;
}

export interface RemoveSignInWay {
  readonly way:
    | { readonly kind: 'PASSKEY'; readonly id: PasskeyId }
    | { readonly kind: 'IDENTITY'; readonly id: IdentityId };
  readonly clientKey: null;
}

export type Verb = keyof CommandInputs;

/** What is done in the name of somebody. */
export type VerbOfPeople = Exclude<Verb, 'scrubRoom'>;

/** Null: the server itself. */
type ActorOf<V extends Verb> = V extends VerbOfPeople ? UserId : null;

export type CommandOf<V extends Verb> = {
  readonly verb: V;
  readonly actorId: ActorOf<V>;
  /** What the actor was let in by: it has to be open still when the command is decided, see CredentialFacts. Null: by the server. */
  readonly credentialId: CredentialId | null;
  readonly input: CommandInputs[V];
  /** SHA-256 of what the caller asked: the same key with another one is a conflict. Empty where there is no key. */
  readonly inputHash: string;
};

export type Command = { [V in Verb]: CommandOf<V> }[Verb];
export type CommandOfPeople = { [V in VerbOfPeople]: CommandOf<V> }[VerbOfPeople];

/** Who gives a command: a viewer, or the server in the name of somebody. */
export interface Giver {
  readonly user: Pick<User, 'id'>;
  readonly credentialId: CredentialId | null;
}

/** The server, in the name of somebody: asked by no credential of theirs. */
export function byServer(userId: UserId): Giver {
  return { user: { id: userId }, credentialId: null };
}

/** `asked` is the caller's own input, without secrets: its hash is kept with the key. */
export function commandOf<V extends VerbOfPeople>(
  verb: V,
  { user, credentialId }: Giver,
  asked: object,
  input: CommandInputs[V],
): Command {
  const inputHash = input.clientKey === null ? '' : hashInput(verb, asked);
  return { verb, actorId: user.id, credentialId, input, inputHash } as unknown as Command;
}

/** Of the server itself. */
export function scrubCommand(input: ScrubRoom): Command {
  return { verb: 'scrubRoom', actorId: null, credentialId: null, input, inputHash: '' };
}

/** `asked` is the caller's own input: ids that we make must not change the hash. */
function hashInput(verb: Verb, asked: object): string {
  const fields = Object.entries(asked)
    .filter(([name, value]) => name !== 'clientKey' && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([verb, fields]), 'hex');
}
