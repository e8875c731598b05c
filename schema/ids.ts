import type {
  ApiTokenId,
  IdentityId,
  MemberId,
  MessageId,
  PasskeyId,
  RoomId,
  SessionId,
  UserId,
} from '../src/chat/model.ts';
import { type Refused, refuse } from '../src/chat/refusal.ts';
import { Fault } from '../src/observe/fault.ts';

interface IdOf {
  room: RoomId;
  user: UserId;
  member: MemberId;
  message: MessageId;
  session: SessionId;
  passkey: PasskeyId;
  identity: IdentityId;
  apiToken: ApiTokenId;
}

export type NodeKind = keyof IdOf;

export type NodeId = { [Kind in NodeKind]: { readonly kind: Kind; readonly id: IdOf[Kind] } }[NodeKind];

const FORMAT =
  /^(room|user|member|message|session|passkey|identity|apiToken)_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** Ids that were asked for lately and their digits: an event names the same few for everybody who hears of it. */
const SLOTS = 256;
const encoded = { ids: Array<string>(SLOTS).fill(''), digits: Array<string>(SLOTS).fill('') };
/** The same for those that came in: most name the same few rooms. */
const decoded = { globalIds: Array<string>(SLOTS).fill(''), nodes: Array<NodeId | null>(SLOTS).fill(null) };

/** The global id: the kind, `_`, and the UUID as 32 hexadecimal digits in lower case. */
export function encodeId<Kind extends NodeKind>(kind: Kind, id: IdOf[Kind]): string {
  const slot = slotOf(id);
  if (encoded.ids[slot] !== id) {
    encoded.ids[slot] = id;
    encoded.digits[slot] = id.replaceAll('-', '');
  }
  return `${kind}_${encoded.digits[slot]}`;
}

/** By the last digits, which are random. */
function slotOf(id: string): number {
  return ((id.charCodeAt(id.length - 2) << 4) ^ id.charCodeAt(id.length - 1)) % SLOTS;
}

/** Null: not a global id of ours. Says nothing about whether such a thing exists. */
export function decodeId(globalId: string): NodeId | null {
  const slot = slotOf(globalId);
  if (decoded.globalIds[slot] === globalId) return decoded.nodes[slot] ?? null;
  const match = FORMAT.exec(globalId);
  if (!match) return null;
  const [, kind, ...groups] = match;
  const node = { kind, id: groups.join('-') } as NodeId;
  // Made anew: what came in may be a slice that keeps a whole document.
  decoded.globalIds[slot] = `${kind}_${groups.join('')}`;
  decoded.nodes[slot] = node;
  return node;
}

/** The id within its kind. Null: not a global id, or of another kind. */
export function idOf<Kind extends NodeKind>(kind: Kind, globalId: string): IdOf[Kind] | null {
  const decoded = decodeId(globalId);
  return decoded?.kind === kind ? (decoded.id as IdOf[Kind]) : null;
}

/** False for names that nothing can have, since the database cannot store them and would fail on them. */
export function isStorable(name: string): boolean {
  return name.isWellFormed() && !name.includes('\0');
}

/** Refusal of a mutation whose input names nothing by `field`; rubbish, another kind and the unknown are alike. */
export function unknownId(field: string): Refused {
  return refuse('NOT_FOUND', `${field} names nothing that you can see`, ['input', field]);
}

/** The same for arguments of queries and subscriptions, thrown. */
export function notFound(argument: string): Fault {
  return new Fault('NOT_FOUND', `${argument} names nothing that you can see`, { argument });
}
