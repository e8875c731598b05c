import { expect } from 'vitest';
import { type BadInput, describeBadInput } from './support/bad-input.ts';
import { type Expectation, fault } from './support/doors.ts';
import type { World } from './support/world.ts';

/** Each connection of the schema, as a document around its page arguments. */
const connections: readonly [name: string, document: (args: string) => string][] = [
  ['rooms', (args) => `{ rooms${args} { nodes { id } } }`],
  ['Viewer.rooms', (args) => `{ viewer { rooms${args} { nodes { id } } } }`],
  ['Room.members', (args) => `query ($id: ID!) { room(by: { id: $id }) { members${args} { nodes { id } } } }`],
  ['Room.messages', (args) => `query ($id: ID!) { room(by: { id: $id }) { messages${args} { nodes { id } } } }`],
];

const badPages: readonly [args: string, argument: string][] = [
  ['(first: 0)', 'first'],
  ['(first: -1)', 'first'],
  ['(first: 101)', 'first'],
  ['(last: 0)', 'last'],
  ['(last: -1)', 'last'],
  ['(last: 101)', 'last'],
  ['(first: 1, last: 1)', 'last'],
  ['(first: 1, before: "page_x")', 'before'],
  ['(last: 1, after: "page_x")', 'after'],
  ['(after: "page_x", before: "page_x")', 'before'],
];

const inRoom = ({ roomId }: World) => ({ id: roomId });
const tooLarge = (argument: string): Expectation => fault('BAD_USER_INPUT', { argument });

const cases: BadInput[] = [
  ...connections.flatMap(([name, document]) =>
    badPages.map(([args, argument]): BadInput => {
      const query = document(args);
      return {
        what: `the page ${args} of ${name}`,
        query,
        ...(query.includes('$id') ? { variables: inRoom } : {}),
        gives: fault('BAD_USER_INPUT', { argument }),
      };
    }),
  ),
  ...[0, -1, 101].flatMap((size): BadInput[] => [
    {
      what: `a page of ${size} events`,
      query: `{ events(first: ${size}) { endCursor } }`,
      gives: tooLarge('first'),
    },
    {
      what: `${size} messages around one`,
      query: `query ($id: ID!, $messageId: ID!) {
        room(by: { id: $id }) { messagesAround(messageId: $messageId, count: ${size}) { nodes { id } } }
      }`,
      variables: ({ roomId, messageId }) => ({ id: roomId, messageId }),
      gives: tooLarge('count'),
    },
  ]),
  {
    what: 'a size beyond 32 bits',
    query: '{ rooms(first: 4294967297) { nodes { id } } }',
    gives: fault('GRAPHQL_VALIDATION_FAILED'),
  },
  {
    what: 'a size beyond 32 bits as a variable',
    query: 'query ($first: Int) { rooms(first: $first) { nodes { id } } }',
    variables: { first: 2 ** 40 },
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'half a message',
    query: 'query ($first: Int) { rooms(first: $first) { nodes { id } } }',
    variables: { first: 0.5 },
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: '101 ids at once',
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: Array.from({ length: 101 }, (_, index) => `room_${index}`) },
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'a filter of 101 rooms',
    query: 'query ($filter: EventFilter) { events(filter: $filter) { endCursor } }',
    variables: ({ roomId }) => ({ filter: { roomIds: Array.from({ length: 101 }, () => roomId) } }),
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'a filter of 101 people',
    query: 'query ($filter: EventFilter) { events(filter: $filter) { endCursor } }',
    variables: ({ ann }) => ({ filter: { actorIds: Array.from({ length: 101 }, () => ann.id) } }),
    gives: fault('BAD_USER_INPUT'),
  },
  {
    what: 'pages within pages that would cost too much',
    query: `{ rooms(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }`,
    gives: fault('OPERATION_TOO_LARGE', { maxCost: 5_000 }),
  },
  {
    what: 'a page in one part of an answer, and answers the other part',
    query: `query ($id: ID!) {
      good: room(by: { id: $id }) { name }
      bad: room(by: { id: $id }) { messages(first: 0) { nodes { id } } }
    }`,
    variables: inRoom,
    gives: (reply) => {
      fault('BAD_USER_INPUT', { argument: 'first' })(reply);
      expect(reply.data).toEqual({ good: { name: 'Kitchen' }, bad: null });
      expect(reply.errors?.[0]?.path).toEqual(['bad', 'messages']);
    },
  },
];

describeBadInput('[R7] [E2]', cases);
