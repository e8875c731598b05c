import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { describeSettings } from '../src/config.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...listFiles('docs').filter((path) => path.endsWith('.md')),
];
/** What documents speak of before it is there. A line goes when it is: the test below sees to that. */
const planned: string[] = [];
const exists = (path: string) => existsSync(join(root, path)) || planned.includes(path.replace(/\/$/, ''));

describe('settings', () => {
  const names = describeSettings().map(({ name }) => name);

  test('in the table of the docs and in .env.example are those of the code, in their order', () => {
    expect(names.length).toBeGreaterThan(10);
    expect(matches(read('docs/self-hosting.md'), /^\| `([A-Z0-9_]+)` \|/gm)).toEqual(names);
    expect(matches(read('.env.example'), /^#([A-Z0-9_]+)=/gm)).toEqual(names);
  });

  test('that documents speak of exist', () => {
    // Of the tests with their scripts and of the examples, not of the server.
    const others = ['PARLEY_NO_SYSTEM_INSTALL', 'PARLEY_URL', 'PARLEY_TOKEN'];
    const named = documents.flatMap((path) => matches(read(path), /\b(PARLEY_[A-Z0-9_]+)\b/g));
    expect(named.length).toBeGreaterThan(names.length / 2);
    expect(named.filter((name) => ![...names, ...others].includes(name))).toEqual([]);
  });
});

describe('documents', () => {
  test('name files and folders that exist', () => {
    const missing = documents.flatMap((path) =>
      pathsIn(read(path))
        .filter((named) => !exists(named))
        .map((named) => `${path}: ${named}`),
    );
    expect(documents.flatMap((path) => pathsIn(read(path))).length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
    expect(pathsIn('`src/nowhere.ts`').filter((named) => !exists(named))).toEqual(['src/nowhere.ts']);
  });

  test('speak of nothing as planned that is there', () => {
    expect(planned.filter((path) => existsSync(join(root, path)))).toEqual([]);
  });

  test('link to what exists, headings too', () => {
    const broken = documents.flatMap((path) =>
      matches(read(path), /\]\((?!https?:)([^)\s]+)\)/g)
        .filter((link) => !leads(path, link))
        .map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
    expect(leads('README.md', 'docs/nowhere.md')).toBe(false);
    expect(leads('README.md', 'docs/self-hosting.md#nowhere')).toBe(false);
  });

  test('show operations that are valid', () => {
    const schema = buildSchema(read('schema/schema.graphql'));
    const operations = documents
      .map(read)
      .flatMap((text) => [
        ...matches(text, /```graphql\n([\s\S]+?)```/g),
        ...matches(text, /-d '(\{"query".+\})'/g).map((body) => (JSON.parse(body) as { query: string }).query),
        ...matches(text, /const query = `([\s\S]+?)`/g),
      ]);
    expect(operations.length).toBeGreaterThan(3);
    for (const operation of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
  });

  test('list every record of a decision', () => {
    const records = listFiles('docs/decisions').filter((path) => /\/\d{4}-/.test(path));
    const listed = matches(read('docs/decisions/README.md'), /\]\((\d{4}-[^)]+)\)/g);
    expect(listed.map((name) => `docs/decisions/${name}`)).toEqual(records);
  });

  test('speak of commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((path) => matches(read(path), /\bnpm run ([\w-]+(?::[\w-]+)*)/g));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** What the first group of the pattern matched, each time. */
function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, first]) => first ?? '');
}

/** What stands in backticks and begins like a path of this project, without patterns and what is only an example. */
function pathsIn(text: string): string[] {
  const folders = 'src|schema|client|examples|test|docs|scripts|bench|\\.ci';
  return matches(text, new RegExp(`\`((?:${folders})/[^\`\\s]*)\``, 'g')).filter((path) => !/[*<{…]/.test(path));
}

/** Whether a link in a document leads somewhere. */
function leads(from: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? from : relative(root, join(root, dirname(from), path));
  if (!exists(target)) return false;
  return (
    heading === undefined ||
    matches(read(target), /^#+ (.+)$/gm)
      .map(slugOf)
      .includes(heading)
  );
}

/** As GitHub makes it of a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
