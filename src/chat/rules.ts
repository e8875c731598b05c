import type { LogBatch } from '../log/batch.ts';
import type { LogRules } from '../log/log-rules.ts';
import { Fault } from '../observe/fault.ts';
import { unreachable } from '../observe/unreachable.ts';
import { decideChangePassword, decideSignUp, decideUpdateUser } from './accounts/account-rules.ts';
import { decideEndCredentials } from './accounts/credentials.ts';
import { decideLinkIdentity, decideRemoveSignInWay } from './accounts/identity-rules.ts';
import { decideAddPasskey, decideRenamePasskey } from './accounts/passkey-rules.ts';
import { checkProof } from './accounts/proof.ts';
import type { Command, CommandOfPeople, Verb } from './command.ts';
import type { Decided, Decision } from './decision.ts';
import { effectsOf } from './effects.ts';
import { type Facts, loadFacts, roomsOf } from './facts.ts';
import { FactsOfSends } from './facts-of-sends.ts';
import { decideDeleteAccount } from './leaving/deletion-rules.ts';
import { decideEraseMessages, decideLeaveForGood } from './leaving/erasure-rules.ts';
import { decideAddMember, decideJoin, decideLeave, decideRemoveMember, decideSetRole } from './members.ts';
import { decideDelete, decideEdit, decideSend } from './messages.ts';
import { decideCreateApiToken, decideRevokeApiToken } from './programs/api-token-rules.ts';
import { decideCreateBot, decideDeleteBot, decideUpdateBot } from './programs/bot-rules.ts';
import { isRefused, type Refused, refuse } from './refusal.ts';
import { decideScrub } from './retention/scrub-rules.ts';
import { decideCreateRoom, decideUpdateRoom } from './rooms.ts';

export type ChatRules = LogRules<Command, Facts, Decided>;

/** What the log asks of chat: facts, decisions, effects. For one committer, as it keeps what is known. */
export function createChatRules(): ChatRules {
  const ofSends = new FactsOfSends();
  return {
    roomsOf,
    loadFacts,
    recall: (commands) => ofSends.recall(commands),
    keep: (commands, facts) => ofSends.keep(commands, facts),
    forget: () => ofSends.forget(),
    decide,
    effectsOf,
    touchedRows: (facts) => ({ ...facts.touchedRows() }),
  };
}

/** What is done in the name of people who deleted their accounts, and all that is. */
const ofErasure: ReadonlySet<Verb> = new Set(['leaveForGood', 'eraseMessages']);

/**
 * Who was let in by a credential that has ended is not asked for anything else. Then a key that was used before answers: with
 * the same input by what was done then, else by a refusal. What asks for more than an open session is asked for it here.
 */
function decide(command: Command, facts: Facts, batch: LogBatch): Decided {
  if (command.actorId === null) {
    const decision = decideScrub(command, facts, batch);
    return isRefused(decision) ? decision : decidedNow(decision, batch);
  }
  const { actorId, inputHash } = command;
  if (facts.isDeleted(actorId) && !ofErasure.has(command.verb)) {
    throw new Fault('UNAUTHENTICATED', 'the account was deleted');
  }
  facts.credentials.requireOpen(command);
  const { clientKey } = command.input;
  const stored = clientKey === null ? null : facts.key(actorId, clientKey);
  if (stored) {
    if (stored.inputHash !== inputHash) {
      return refuse('KEY_CONFLICT', 'this client key was used for another input', ['input', 'clientKey']);
    }
    const { position, tag, entityId } = stored;
    const mark = position === null || tag === null ? null : { position, tag };
    return { entityId, entity: null, mark, head: batch.head, replayed: true };
  }
  const decision = checkProof(command, facts, batch.at) ?? decideNew(command, facts, batch);
  if (isRefused(decision)) return decision;
  if (clientKey !== null) facts.putKey(actorId, clientKey, inputHash, decision.entityId, decision.mark);
  return decidedNow(decision, batch);
}

function decidedNow({ entityId, entity, mark }: Exclude<Decision, Refused>, { head }: LogBatch): Decided {
  return { entityId, entity, mark, head, replayed: false };
}

function decideNew(command: CommandOfPeople, facts: Facts, batch: LogBatch): Decision {
  switch (command.verb) {
    case 'sendMessage':
      return decideSend(command, facts, batch);
    case 'editMessage':
      return decideEdit(command, facts, batch);
    case 'deleteMessage':
      return decideDelete(command, facts, batch);
    case 'createRoom':
      return decideCreateRoom(command, facts, batch);
    case 'updateRoom':
      return decideUpdateRoom(command, facts, batch);
    case 'joinRoom':
      return decideJoin(command, facts, batch);
    case 'leaveRoom':
      return decideLeave(command, facts, batch);
    case 'addMember':
      return decideAddMember(command, facts, batch);
    case 'removeMember':
      return decideRemoveMember(command, facts, batch);
    case 'setMemberRole':
      return decideSetRole(command, facts, batch);
    case 'endCredentials':
      return decideEndCredentials(command, facts, batch);
    case 'signUp':
      return decideSignUp(command, facts, batch);
    case 'changePassword':
      return decideChangePassword(command, facts, batch);
    case 'updateUser':
      return decideUpdateUser(command, facts, batch);
    case 'deleteAccount':
      return decideDeleteAccount(command, facts, batch);
    case 'leaveForGood':
      return decideLeaveForGood(command, facts, batch);
    case 'eraseMessages':
      return decideEraseMessages(command, facts, batch);
    case 'linkIdentity':
      return decideLinkIdentity(command, facts, batch);
    case 'removeSignInWay':
      return decideRemoveSignInWay(command, facts);
    case 'addPasskey':
      return decideAddPasskey(command, facts);
    case 'renamePasskey':
      return decideRenamePasskey(command, facts);
    case 'createApiToken':
      return decideCreateApiToken(command, facts);
    case 'revokeApiToken':
      return decideRevokeApiToken(command, facts, batch);
    case 'createBot':
      return decideCreateBot(command, facts, batch);
    case 'updateBot':
      return decideUpdateBot(command, facts, batch);
    case 'deleteBot':
      return decideDeleteBot(command, facts, batch);
    default:
      return unreachable(command);
  }
}
