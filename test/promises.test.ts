import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** `**[W1]**` at the beginning of a line of docs/protocol.md. */
const promised = matches(readFileSync(join(root, 'docs/protocol.md'), 'utf8'), /^\*\*\[([A-Z]+\d+)\]\*\*/gm);

/** A string of a test that begins with `[W1]`, or with several such: a title, whatever the function that takes it. */
const cited = ['src', 'schema', 'client', 'test']
  .flatMap(listFiles)
  .filter((path) => /\.test\.tsx?$/.test(path) && path !== 'test/promises.test.ts')
  .flatMap((path) => matches(readFileSync(join(root, path), 'utf8'), /['"`]((?:\[[A-Z]+\d+\] ?)+)/g))
  .flatMap((ids) => matches(ids, /\[([A-Z]+\d+)\]/g));

test('each promise of docs/protocol.md is cited by a test', () => {
  expect(promised.length).toBeGreaterThan(20);
  expect(promised.filter((id) => !cited.includes(id))).toEqual([]);
});

test('each promise that a test cites is one of docs/protocol.md', () => {
  expect(cited.filter((id) => !promised.includes(id))).toEqual([]);
});

test('no promise has the number of another', () => {
  expect(promised.filter((id, at) => promised.indexOf(id) !== at)).toEqual([]);
});

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, first]) => first ?? '');
}
