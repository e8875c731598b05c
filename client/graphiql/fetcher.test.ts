import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { chosenOperation } from './fetcher.ts';

test('the operation that is named runs, and the first one where the name is of another document', () => {
  const document = parse('fragment F on Room { id } query A { asOf } subscription B { typing(roomId: "r") { count } }');
  expect(chosenOperation(document, 'B')).toBe('B');
  expect(chosenOperation(document, 'Elsewhere')).toBe('A');
  expect(chosenOperation(document, null)).toBe('A');
});

test('an operation without a name needs none', () => {
  expect(chosenOperation(parse('{ asOf }'), 'Elsewhere')).toBeNull();
});
