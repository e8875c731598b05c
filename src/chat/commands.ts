import type { Committer } from '../log/append.ts';
import { checkHandle, foldHandle } from './accounts/handles.ts';
import { type Command, type CommandInputs, commandOf, type VerbOfPeople } from './command.ts';
import type { Commands, Outcome } from './contract.ts';
import type { Decided } from './decision.ts';
import type { Facts } from './facts.ts';
import { memberById } from './members.ts';
import { messageById, noSuchMessage } from './messages.ts';
import type { Actor, Member, MemberId, Message, MessageId, Room, RoomId, User, UserId, Viewer } from './model.ts';
import { readProfileChange } from './profiles/profiles.ts';
import type { Reading } from './reading.ts';
import { isRefused, type Refused, refuse } from './refusal.ts';
import { checkRetention, type RetentionBounds } from './retention/retention.ts';
import { roomById } from './rooms.ts';
import { checkClientKey, checkDisplayName, checkRoomName, checkSlug, checkText, checkTopic, slugOf } from './text.ts';

export interface CommandsOptions {
  readonly committer: Committer<Command, Facts, Decided>;
  /** Reads of now, for what a replayed command points to. */
  readonly newReading: () => Reading;
  readonly newId: () => string;
  /** Up to 10 lower case letters and digits that make a slug unique. */
  readonly newSlugSuffix: () => string;
  readonly messageTextCodePoints: number;
  readonly retention: RetentionBounds;
  /** The retention of a room was changed. */
  readonly onRetentionChanged: () => void;
}

type ReadEntity<Entity> = (reading: Reading, viewer: Viewer, id: string) => Promise<Entity | null>;

const readMessage: ReadEntity<Message> = (reading, viewer, id) => messageById(reading, viewer, id as MessageId);
const readRoom: ReadEntity<Room> = (reading, viewer, id) => roomById(reading, viewer, id as RoomId);
const readUser: ReadEntity<User> = async (reading, _viewer, id) => reading.users.load(id as UserId);
const readMember: ReadEntity<Member> = (reading, viewer, id) => memberById(reading, viewer, id as MemberId);

/** Checks what needs no facts, queues the command, and reads anew what a replayed one points to. */
export function createCommands(options: CommandsOptions): Commands {
  const { committer, newReading, newId, newSlugSuffix, messageTextCodePoints } = options;

  async function run<V extends VerbOfPeople, Entity>(
    verb: V,
    actor: Actor,
    asked: object,
    input: CommandInputs[V],
    read: ReadEntity<Entity>,
  ): Promise<Outcome<Entity>> {
    const decided = await committer.submit(commandOf(verb, actor, asked, input));
    if (isRefused(decided)) return decided;
    const { mark, head, replayed } = decided;
    const entity = decided.entity ?? (await read(newReading(), actor as Viewer, decided.entityId));
    return { entity: entity as Entity | null, mark, head, replayed };
  }

  /** A message never changes its room, so what the command locks on may be read before it is queued. */
  async function roomOf(messageId: MessageId): Promise<RoomId | Refused> {
    const message = await newReading().messages.load(messageId);
    return message?.roomId ?? noSuchMessage();
  }

  return {
    sendMessage(actor, input) {
      const refused = checkClientKey(input.clientKey) ?? checkText(input.text, messageTextCodePoints);
      if (refused) return Promise.resolve(refused);
      const { roomId, text, clientKey } = input;
      const messageId = newId() as MessageId;
      return run('sendMessage', actor, input, { roomId, text, clientKey, messageId }, readMessage);
    },
    async editMessage(actor, input) {
      const refused = checkClientKey(input.clientKey) ?? checkText(input.text, messageTextCodePoints);
      if (refused) return refused;
      const roomId = await roomOf(input.messageId);
      if (typeof roomId !== 'string') return roomId;
      return run('editMessage', actor, input, { ...input, roomId }, readMessage);
    },
    async deleteMessage(actor, input) {
      const refused = checkClientKey(input.clientKey);
      if (refused) return refused;
      const roomId = await roomOf(input.messageId);
      if (typeof roomId !== 'string') return roomId;
      return run('deleteMessage', actor, input, { ...input, roomId }, readMessage);
    },
    async createRoom(actor, input) {
      const { name, topic, slug, kind } = input;
      const refused =
        checkClientKey(input.clientKey) ??
        checkRoomName(name) ??
        (topic === null ? null : checkTopic(topic)) ??
        (slug === null ? null : checkSlug(slug));
      if (refused) return refused;
      if (kind === 'PRIVATE' && slug !== null) {
        // A refusal of a taken slug would tell a stranger that a private room exists.
        return refuse('SLUG_INVALID', 'a private room gets its slug from the server', ['input', 'slug']);
      }
      const made = slugOf(name);
      const suffix = newSlugSuffix();
      // No slug that is asked for or made of a name has two hyphens: none can collide with a private room, and tell of it.
      const ofPrivate = `${made}--${suffix}`;
      const slugs = slug !== null ? [slug] : kind === 'PRIVATE' ? [ofPrivate] : [made, `${made}-${suffix}`];
      const ids = { roomId: newId() as RoomId, memberId: newId() as MemberId };
      return run('createRoom', actor, input, { ...input, ...ids, slugs }, readRoom);
    },
    async updateRoom(actor, input) {
      const refused =
        checkClientKey(input.clientKey) ??
        (input.name === undefined ? null : checkRoomName(input.name)) ??
        (input.topic ? checkTopic(input.topic) : null) ??
        (typeof input.messageRetentionDays === 'number'
          ? checkRetention(input.messageRetentionDays, options.retention)
          : null);
      if (refused) return refused;
      const outcome = await run('updateRoom', actor, input, input, readRoom);
      if (input.messageRetentionDays !== undefined) options.onRetentionChanged();
      return outcome;
    },
    async joinRoom(actor, input) {
      return (
        checkClientKey(input.clientKey) ??
        run('joinRoom', actor, input, { ...input, memberId: newId() as MemberId }, readMember)
      );
    },
    async leaveRoom(actor, input) {
      return checkClientKey(input.clientKey) ?? run('leaveRoom', actor, input, input, readMember);
    },
    async addMember(actor, input) {
      return (
        checkClientKey(input.clientKey) ??
        run('addMember', actor, input, { ...input, memberId: newId() as MemberId }, readMember)
      );
    },
    async removeMember(actor, input) {
      return checkClientKey(input.clientKey) ?? run('removeMember', actor, input, input, readMember);
    },
    async changeHandle(actor, { handle, clientKey }) {
      const input = { handle: foldHandle(handle), clientKey };
      return checkClientKey(clientKey) ?? checkHandle(input.handle) ?? run('updateUser', actor, input, input, readUser);
    },
    async updateProfile(actor, { displayName: given, clientKey, ...asked }) {
      const displayName = given?.trim();
      const refused = checkClientKey(clientKey) ?? (displayName === undefined ? null : checkDisplayName(displayName));
      if (refused) return refused;
      const profile = readProfileChange(asked);
      if (isRefused(profile)) return profile;
      return run('updateUser', actor, { displayName, ...profile }, { displayName, profile, clientKey }, readUser);
    },
    async setMemberRole(actor, input) {
      return checkClientKey(input.clientKey) ?? run('setMemberRole', actor, input, input, readMember);
    },
  };
}
