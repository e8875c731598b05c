import {
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedDirective,
} from 'graphql';
import { expect, test } from 'vitest';
import { type RefusalCode, refusalCodes } from '../src/chat/refusal.ts';
import { errorsSentence } from './change.ts';
import { schema } from './index.ts';

type Field = GraphQLField<unknown, unknown>;

const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
const builtInScalars = new Set(['ID', 'Int', 'Float', 'String', 'Boolean']);

const eventFields = ['cursor', 'at', 'room', 'actor'];

/** What may be executed once for many viewers. To add to it is a decision about what everyone may see. */
const sharedFields: Readonly<Record<string, readonly string[]>> = {
  Subscription: ['messages', 'events', 'typing', 'presence'],
  MessageUpdate: ['kind', 'cursor', 'message', 'isCaughtUp', 'end'],
  Typing: ['users', 'count', 'end'],
  Presence: ['users', 'count', 'end'],
  StreamEnd: ['code', 'message'],
  Event: eventFields,
  RoomCreated: eventFields,
  RoomUpdated: [...eventFields, 'version'],
  MemberJoined: [...eventFields, 'member'],
  MemberLeft: [...eventFields, 'member', 'reason'],
  MemberUpdated: [...eventFields, 'member', 'role'],
  MessageSent: [...eventFields, 'message'],
  MessageEdited: [...eventFields, 'message', 'version'],
  MessageDeleted: [...eventFields, 'message', 'version'],
  MembershipEnded: [...eventFields, 'roomId', 'reason'],
  UserUpdated: [...eventFields, 'user'],
  CredentialsEnded: [...eventFields, 'sessionIds', 'apiTokenIds', 'endReason'],
  Checkpoint: [...eventFields, 'isCaughtUp'],
  StreamEnded: [...eventFields, 'end'],
  Node: ['id'],
  Room: ['id', 'slug', 'name', 'topic', 'messageRetentionDays'],
  User: ['id', 'handle', 'displayName', 'isGuest', 'isBot', 'avatarUrl', 'isDeleted'],
  Member: ['id', 'user', 'role', 'joinedAt', 'leftAt'],
  Message: ['id', 'room', 'author', 'text', 'clientKey', 'sentAt', 'editedAt', 'deletedAt', 'version', 'isExpired'],
};

function fieldsOf(type: GraphQLNamedType): Field[] {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
}

function isShared(field: Field): boolean {
  return Boolean((field.extensions.directives as { shared?: object } | undefined)?.shared);
}

function pairs(table: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(table)
    .flatMap(([type, fields]) => fields.map((field) => `${type}.${field}`))
    .sort();
}

test('exactly the fields of the allow-list are shared', () => {
  const found = Object.fromEntries(
    types.map((type) => [
      type.name,
      fieldsOf(type)
        .filter(isShared)
        .map((field) => field.name),
    ]),
  );
  expect(pairs(found)).toEqual(pairs(sharedFields));
});

test('a description says that a field is shared exactly where it is', () => {
  for (const type of types) {
    for (const field of fieldsOf(type)) {
      const says = field.description?.endsWith('Shared: executed once for all subscribers.');
      expect(says, `${type.name}.${field.name}`).toBe(isShared(field));
    }
  }
});

test('no field that takes arguments is shared, but for those at which a subscription begins', () => {
  for (const type of types.filter((type) => type.name !== 'Subscription')) {
    for (const field of fieldsOf(type).filter(isShared)) expect(field.args, `${type.name}.${field.name}`).toEqual([]);
  }
});

test('everything has a description', () => {
  const missing: string[] = [];
  const check = (name: string, described: { description?: string | null | undefined }) => {
    if (!described.description?.trim()) missing.push(name);
  };
  for (const type of types.filter((type) => !builtInScalars.has(type.name))) {
    check(type.name, type);
    for (const field of fieldsOf(type)) {
      check(`${type.name}.${field.name}`, field);
      for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
    }
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field);
    }
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
  }
  for (const directive of schema.getDirectives().filter((one) => !isSpecifiedDirective(one))) {
    check(`@${directive.name}`, directive);
    for (const arg of directive.args) check(`@${directive.name}(${arg.name})`, arg);
  }
  expect(missing).toEqual([]);
});

test('each mutation ends its description with the codes that it declares, and has them in its payload', () => {
  for (const field of fieldsOf(schema.getMutationType() as GraphQLNamedType)) {
    const codes = field.extensions.refusalCodes as readonly RefusalCode[] | undefined;
    expect(codes, field.name).toBeDefined();
    expect(field.description, field.name).toMatch(/Errors: ([A-Z_]+(, [A-Z_]+)*|none)\.$/);
    expect(field.description?.endsWith(` ${errorsSentence(codes ?? [])}`), field.name).toBe(true);
    expect(new Set(codes).size, field.name).toBe(codes?.length);
  }
});

test('each code of refusal is given by some mutation and told by ErrorCode', () => {
  const declared = fieldsOf(schema.getMutationType() as GraphQLNamedType).flatMap(
    (field) => field.extensions.refusalCodes as readonly RefusalCode[],
  );
  const errorCode = schema.getType('ErrorCode');
  const told = isEnumType(errorCode) ? errorCode.getValues().map((value) => value.name) : [];
  const codes = Object.keys(refusalCodes).sort();
  expect([...new Set(declared)].sort()).toEqual(codes);
  expect(told.sort()).toEqual(codes);
});

test('every connection has edges, nodes and a complete pageInfo', () => {
  const connections = types.filter((type) => type.name.endsWith('Connection'));
  expect(connections.map((type) => type.name)).toEqual([
    'ApiTokenConnection',
    'BotConnection',
    'MemberConnection',
    'MessageConnection',
    'RoomConnection',
    'SessionConnection',
  ]);
  for (const type of connections) {
    const row = type.name.replace('Connection', '');
    const shape = Object.fromEntries(fieldsOf(type).map((field) => [field.name, String(field.type)]));
    expect(shape).toEqual({ edges: `[${row}Edge!]!`, nodes: `[${row}!]!`, pageInfo: 'PageInfo!' });
  }
  const pageInfo = schema.getType('PageInfo') as GraphQLNamedType;
  expect(fieldsOf(pageInfo).map((field) => field.name)).toEqual([
    'endCursor',
    'hasNextPage',
    'hasPreviousPage',
    'startCursor',
  ]);
});
