import fc from 'fast-check';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../../test/support/database.ts';
import { arrayText, parameterText, withArrayTexts } from './array-text.ts';

/** No U+0000, which PostgreSQL does not store, and nothing that UTF-8 has no bytes for. */
const texts = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0'));
const strange = fc.constantFrom('', 'NULL', 'null', '"', '\\', '\\"', '{a,b}', ' a ', ',', '\n', '\u{1f98a}');

test('PostgreSQL reads back what was written as text, of every kind of element', async () => {
  const client = await connect();
  const elements = <Value>(value: fc.Arbitrary<Value>) => fc.array(fc.option(value), { maxLength: 20 });
  const lists = fc.record({
    texts: elements(fc.oneof(texts, strange)),
    numbers: elements(fc.integer()),
    booleans: elements(fc.boolean()),
    uuids: elements(fc.uuid()),
    dates: elements(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })),
  });
  await fc.assert(
    fc.asyncProperty(lists, async (given) => {
      const { rows } = await client.query(
        `SELECT $1::text[] AS texts, $2::int[] AS numbers, $3::bool[] AS booleans, $4::uuid[] AS uuids, $5::timestamptz[] AS dates`,
        Object.values(given).map(arrayText),
      );
      expect(rows).toEqual([given]);
    }),
    { numRuns: 200 },
  );
});

test('what is not given is NULL, as the driver has it', () => {
  expect(arrayText([undefined as unknown as null, 'a', null])).toBe('{NULL,"a",NULL}');
});

test('a list of lists is one of two dimensions', async () => {
  const client = await connect();
  const given = [
    ['a', null],
    ['"', '{'],
  ];
  const { rows } = await client.query('SELECT $1::text[] AS read', [arrayText(given)]);
  expect(rows).toEqual([{ read: given }]);
});

test('what is no list is left to the driver', () => {
  const date = new Date(0);
  expect(withArrayTexts([['a'], 'a', 1, null, date])).toEqual(['{"a"}', 'a', 1, null, date]);
});

test('PostgreSQL reads a parameter by itself as it was', async () => {
  const client = await connect();
  const given = ['a "b"', 1.5, true, null, new Date(1_700_000_000_123), ['a']] as const;
  const { rows } = await client.query({
    text: 'SELECT $1::text, $2::float8, $3::bool, $4::text, $5::timestamptz, $6::text[]',
    values: given.map(parameterText),
    rowMode: 'array',
  });
  expect(rows).toEqual([given]);
});

async function connect(): Promise<pg.Client> {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database[Symbol.asyncDispose]();
  });
  return client;
}
