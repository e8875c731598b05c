import { type Refusal, type RefusalCode, refusalCodes } from '../src/chat/refusal.ts';
import { builder } from './builder.ts';

type EnumValues = Record<RefusalCode, { description: string }>;

const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'Why a mutation was refused, and what to do. Each mutation lists the codes that it can give.',
  values: Object.fromEntries(
    Object.entries(refusalCodes).map(([code, description]) => [code, { description }]),
  ) as EnumValues,
});

/** An expected no of a mutation: nothing was changed. */
export const UserErrorRef = builder.interfaceRef<Refusal>('UserError').implement({
  description: 'A refusal: nothing was changed, and the caller can do something about it.',
  resolveType: (refusal) => typeNames[refusal.code] ?? 'InputRefused',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef, description: 'Why; programs decide by this.' }),
    message: t.exposeString('message', { description: 'The same for people, in English.' }),
    path: t.exposeStringList('path', {
      nullable: { list: true, items: false },
      description: 'The input field at fault, from the argument downwards, as in ["input", "text"]. Null: none alone.',
    }),
  }),
});

const typeNames: Partial<Record<RefusalCode, string>> = {
  VERSION_CONFLICT: 'VersionConflict',
  RATE_LIMITED: 'RateLimited',
};

builder.objectRef<Refusal>('InputRefused').implement({
  description: 'A refusal without further details.',
  interfaces: [UserErrorRef],
});

builder.objectRef<Refusal>('VersionConflict').implement({
  description: 'A refusal because what is to be changed has been changed meanwhile.',
  interfaces: [UserErrorRef],
  fields: (t) => ({
    currentVersion: t.int({
      description: 'Its version now: read it again, then repeat with this as expectedVersion.',
      resolve: (refusal) => detail(refusal, 'currentVersion'),
    }),
  }),
});

builder.objectRef<Refusal>('RateLimited').implement({
  description: 'A refusal because the caller did too many of these in a short time.',
  interfaces: [UserErrorRef],
  fields: (t) => ({
    bucket: t.string({
      description:
        'Which allowance is used up: guests, signUps, signIns, passwords (of one account, or of the server), sends, changes or typing.',
      resolve: (refusal) => detail(refusal, 'bucket'),
    }),
    retryAfterMs: t.int({
      description: 'Milliseconds to wait before repeating.',
      resolve: (refusal) => detail(refusal, 'retryAfterMs'),
    }),
  }),
});

function detail<Key extends keyof Refusal>(refusal: Refusal, key: Key): NonNullable<Refusal[Key]> {
  const value = refusal[key];
  if (value === undefined || value === null) throw new Error(`a refusal ${refusal.code} without ${key}`);
  return value;
}
