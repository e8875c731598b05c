import { describe, expect, test } from 'vitest';
import { Fault } from '../src/observe/fault.ts';
import { type PageArguments, pagesByPosition, pagesBySlug, readPage, toConnection, writePageCursor } from './page.ts';

const messages = pagesByPosition('Room.messages');
const rooms = pagesBySlug('Query.rooms');
const cursor = writePageCursor(messages, 42);

function faultOf(args: PageArguments): Fault {
  try {
    readPage(messages, args, 'last');
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('the arguments passed');
}

describe('the page that the arguments ask for', () => {
  test.each<[PageArguments, ReturnType<typeof readPage>]>([
    [{}, { take: 'last', limit: 50, after: null, before: null }],
    [
      { first: null, after: null, last: null, before: null },
      { take: 'last', limit: 50, after: null, before: null },
    ],
    [{ first: 1 }, { take: 'first', limit: 1, after: null, before: null }],
    [{ last: 100 }, { take: 'last', limit: 100, after: null, before: null }],
    [
      { first: 100, after: cursor },
      { take: 'first', limit: 100, after: 42, before: null },
    ],
    [
      { last: 7, before: cursor },
      { take: 'last', limit: 7, after: null, before: 42 },
    ],
    [{ after: cursor }, { take: 'first', limit: 50, after: 42, before: null }],
    [{ before: cursor }, { take: 'last', limit: 50, after: null, before: 42 }],
  ])('%j is understood', (args, page) => {
    expect(readPage(messages, args, 'last')).toEqual(page);
  });

  test('no argument gives the end that the connection names', () => {
    expect(readPage(rooms, {}, 'first')).toEqual({ take: 'first', limit: 50, after: null, before: null });
  });

  test.each<[string, PageArguments]>([
    ['first', { first: 0 }],
    ['first', { first: -1 }],
    ['first', { first: 101 }],
    ['last', { last: 0 }],
    ['last', { last: 101 }],
    ['last', { first: 5, last: 5 }],
    ['before', { first: 5, before: cursor }],
    ['after', { last: 5, after: cursor }],
    ['before', { after: cursor, before: cursor }],
  ])('a bad %s is refused by name: %j', (argument, args) => {
    const fault = faultOf(args);
    expect(fault.code).toBe('BAD_USER_INPUT');
    expect(fault.message).toContain(argument);
    expect(fault.details.argument).toBe(argument);
  });
});

describe('page cursors', () => {
  test.each([0, 1, 42, 2 ** 48])('lead back to their place: %i', (position) => {
    const after = writePageCursor(messages, position);
    expect(after).toMatch(/^page_[\w-]+$/);
    expect(readPage(messages, { after }, 'first').after).toBe(position);
  });

  test.each([
    ['LOG_CURSOR', 'log_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['DAMAGED', ''],
    ['DAMAGED', 'page_'],
    ['DAMAGED', 'page_!'],
    ['DAMAGED', cursor.slice(0, -1)],
    ['DAMAGED', `${cursor}A`],
    ['DAMAGED', `${cursor}=`],
    ['DAMAGED', cursor.replace('page_', 'PAGE_')],
    ['DAMAGED', '42'],
    ['DAMAGED', writePageCursor({ ...messages, write: () => '4.2' }, 42)],
    ['OTHER_CONNECTION', writePageCursor(rooms, 'lobby')],
  ])('%s: %j is refused, by the name of its argument', (reason, bad) => {
    for (const argument of ['after', 'before'] as const) {
      const fault = faultOf({ [argument]: bad });
      expect(fault.code).toBe('CURSOR_INVALID');
      expect(fault.details).toEqual({ argument, reason });
      expect(fault.message).toContain(argument);
    }
  });

  test('each single character of a cursor is covered by its checksum', () => {
    for (let index = 0; index < cursor.length; index++) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const after = cursor.slice(0, index) + other + cursor.slice(index + 1);
      expect(faultOf({ after }).code, after).toBe('CURSOR_INVALID');
    }
  });
});

test('a page becomes a connection whose ends are those of its rows', () => {
  const rows = ['a', 'b', 'c'];
  const connection = toConnection(rooms, { rows, hasPreviousPage: true, hasNextPage: false }, (row) => row);
  expect(connection.edges.map((edge) => edge.node)).toEqual(rows);
  expect(connection.pageInfo).toEqual({
    hasPreviousPage: true,
    hasNextPage: false,
    startCursor: writePageCursor(rooms, 'a'),
    endCursor: writePageCursor(rooms, 'c'),
  });
});

test('an empty page has no cursors', () => {
  const connection = toConnection(rooms, { rows: [], hasPreviousPage: false, hasNextPage: false }, (row) => row);
  expect(connection.pageInfo).toMatchObject({ startCursor: null, endCursor: null });
});
