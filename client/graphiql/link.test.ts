import { expect, test } from 'vitest';
import { linkTo, queryFromLink } from './link.ts';

const page = 'http://127.0.0.1:4000/graphql';

test('a link brings back query, variables and operation name, whatever characters they hold', () => {
  const shared = { query: 'query A {\n  asOf # 100 % & "ü" 💬\n}', variables: '{ "a": "b=c&d" }', operationName: 'A' };
  expect(queryFromLink(linkTo(shared, page))).toEqual(shared);
});

test('a link replaces the one that the page was opened with', () => {
  const link = linkTo({ query: '{ asOf }', variables: null, operationName: null }, `${page}?query=old#query=older`);
  expect(link).toBe(`${page}#query=%7B+asOf+%7D`);
});

test('a query in the search part, as other GraphiQL pages write it, is read too', () => {
  expect(queryFromLink(`${page}?query=%7BasOf%7D`)).toEqual({ query: '{asOf}', variables: null, operationName: null });
});

test('a page without a query in its address opens no tab', () => {
  expect(queryFromLink(page)).toBeNull();
  expect(queryFromLink(`${page}#query=`)).toBeNull();
});
