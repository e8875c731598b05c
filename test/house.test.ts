import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { breakingChanges } from '../scripts/contract.mjs';
import { ensurePrograms } from '../scripts/install-system.mjs';
import { serverOptions } from '../scripts/server-options.mjs';
import { temporaryFolder } from './support/folder.ts';

const root = join(import.meta.dirname, '..');
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

const restricted = 'lint/style/noRestrictedImports';

/** What the map forbids: a file that does it, and the rule that must say so. */
const violations: { does: string; file: string; source: string; rule: string }[] = [
  ...forbidden('src/transport/planted.ts', {
    'log from transport': '../log/read.ts',
    'chat from transport': '../chat/policy.ts',
    'the database from transport': '../db/connection.ts',
    'the context of the schema from transport': '../../schema/context.ts',
    'pg in transport': 'pg',
  }),
  ...forbidden('src/hub/planted.ts', {
    'chat from hub': '../chat/policy.ts',
    'the database from hub': '../db/connection.ts',
    'transport from hub': '../transport/frames.ts',
    'an implementation of the bus from hub': '../bus/memory.ts',
    'ws in hub': 'ws',
    'part of a package in hub': 'drizzle-orm/pg-core',
  }),
  ...forbidden('src/chat/planted.ts', {
    'hub from chat': '../hub/contract.ts',
    'presence from chat': '../presence/contract.ts',
    'the schema from chat': '../../schema/builder.ts',
    'GraphQL in chat': 'graphql',
  }),
  ...forbidden('src/chat/accounts/planted.ts', {
    'hub from a folder of chat': '../../hub/contract.ts',
    'settings from a folder of chat': '../../config.ts',
    'the schema from a folder of chat': '../../../schema/builder.ts',
  }),
  ...forbidden('src/log/planted.ts', {
    'chat from log': '../chat/policy.ts',
    'the bus from log': '../bus/bus.ts',
    'the embedded PostgreSQL from log': '../db/embedded.ts',
  }),
  ...forbidden('src/db/planted.ts', {
    'log from db': '../log/read.ts',
    'the embedded PostgreSQL from db': './embedded.ts',
  }),
  ...forbidden('src/bus/planted.ts', {
    'hub from bus': '../hub/contract.ts',
    'the database from bus': '../db/connection.ts',
    'graphql-subscriptions outside memory.ts': 'graphql-subscriptions',
    'ioredis outside the Redis files': 'ioredis',
  }),
  ...forbidden('src/bus/memory.ts', { 'ioredis in memory.ts': 'ioredis' }),
  ...forbidden('src/bus/redis.ts', { 'pg in redis.ts': 'pg' }),
  ...forbidden('src/presence/redis.ts', { 'hub from redis.ts': '../hub/contract.ts' }),
  ...forbidden('src/presence/planted.ts', {
    'log from presence': '../log/read.ts',
    'its own implementation': './memory.ts',
  }),
  ...forbidden('src/observe/planted.ts', { 'chat from observe': '../chat/policy.ts' }),
  ...forbidden('src/demo/planted.ts', { 'log from demo': '../log/append.ts' }),
  ...forbidden('src/newcomer/planted.ts', { 'anything from a folder without a rule': '../chat/policy.ts' }),
  ...forbidden('src/compose-planted.ts', {
    'the settings beside main.ts': './config.ts',
    'pg at the top of src': 'pg',
  }),
  ...forbidden('src/main.ts', { 'ws in main.ts': 'ws' }),
  ...forbidden('src/planted.ts', { 'an implementation beside main.ts and compose': './bus/memory.ts' }),
  ...forbidden('src/config.ts', { 'chat from config.ts': './chat/text.ts' }),
  ...forbidden('schema/planted.ts', {
    'the database from the schema': '../src/db/connection.ts',
    'the bus from the schema': '../src/bus/bus.ts',
    'the log from the schema': '../src/log/append.ts',
    'transport from the schema': '../src/transport/contract.ts',
    'the hub itself from the schema': '../src/hub/hub.ts',
    'the client from the schema': '../client/wire/demo.ts',
    'drizzle in the schema': 'drizzle-orm',
  }),
  ...forbidden('examples/planted.ts', {
    'src from an example': '../src/chat/text.ts',
    'the client from an example': '../client/wire/demo.ts',
  }),
  ...forbidden('client/planted.ts', {
    'src from the client': '../src/chat/text.ts',
    'the schema from the client': '../schema/builder.ts',
    'Node in the client': 'node:fs',
    'ws in the client': 'ws',
  }),
  ...forbidden('client/sdk/planted.ts', { 'the client from its SDK': '../wire/demo.ts', 'React in the SDK': 'react' }),
  {
    does: 'imports a type alone, which is an arrow all the same',
    file: 'src/hub/planted.ts',
    source: "import type { Planted } from '../chat/model.ts';\nexport type Mine = Planted;\n",
    rule: restricted,
  },
  {
    does: 'exports what it may not import',
    file: 'src/hub/planted.ts',
    source: "export { planted } from '../chat/model.ts';\n",
    rule: restricted,
  },
  {
    does: 'imports at run time what it may not import',
    file: 'src/hub/planted.ts',
    source: "export const planted = await import('../chat/model.ts');\n",
    rule: restricted,
  },
  {
    does: 'reads process.env beside config.ts',
    file: 'src/hub/planted.ts',
    source: 'export const planted = process.env.HOME;\n',
    rule: 'lint/style/noProcessEnv',
  },
  {
    does: 'writes to the console beside main.ts',
    file: 'schema/planted.ts',
    source: "console.log('planted');\n",
    rule: 'lint/suspicious/noConsole',
  },
  {
    does: 'lets a promise float',
    file: 'src/hub/planted.ts',
    source: 'async function act() {}\nexport function planted() {\n  act();\n}\n',
    rule: 'lint/nursery/noFloatingPromises',
  },
  {
    does: 'skips a test',
    file: 'test/planted.test.ts',
    source: "import { test } from 'vitest';\ntest.skip('planted', () => undefined);\n",
    rule: 'lint/suspicious/noSkippedTests',
  },
  {
    does: 'is longer than 400 lines',
    file: 'src/hub/planted.ts',
    source: Array.from({ length: 401 }, (_, n) => `export const planted${n} = ${n};\n`).join(''),
    rule: 'lint/style/noExcessiveLinesPerFile',
  },
];

/** Files, and what each of them may import. */
const allowed: [file: string, from: string][] = [
  ['src/transport/planted.ts', '../hub/contract.ts'],
  ['src/transport/planted.ts', 'ws'],
  ['src/transport/planted.ts', 'node:http'],
  ['src/hub/planted.ts', '../log/read.ts'],
  ['src/hub/planted.ts', '../bus/bus.ts'],
  ['src/hub/planted.ts', 'graphql'],
  ['src/chat/planted.ts', '../db/queryable.ts'],
  ['src/chat/planted.ts', '../observe/fault.ts'],
  ['src/log/planted.ts', '../db/queryable.ts'],
  ['src/db/planted.ts', 'drizzle-orm/pg-core'],
  ['src/bus/memory.ts', 'graphql-subscriptions'],
  ['src/compose-planted.ts', './bus/memory.ts'],
  ['src/main.ts', './config.ts'],
  ['schema/planted.ts', '../src/chat/model.ts'],
  ['schema/planted.ts', '../src/hub/contract.ts'],
  ['schema/planted.ts', '@pothos/core'],
  ['client/planted.ts', './gql/index.ts'],
  ['client/chat/planted.ts', 'react'],
  ['client/chat/planted.ts', '../sdk/src/index.ts'],
  ['client/sdk/src/planted.ts', 'graphql-ws/client'],
  ['test/planted.ts', '../src/db/embedded.ts'],
];

describe('Biome', () => {
  test('finds each planted violation of the map, by the rule that is meant', async () => {
    using folder = temporaryFolder();
    const plants = violations.map(({ file, ...rest }, at) => ({
      ...rest,
      file: file.replace('planted', `planted-${at}`),
    }));
    const found = await lint(project(folder.path, plants));
    const missed = plants.filter(({ file, rule }) => !found.some((one) => one.file === file && one.rule === rule));
    expect(missed.map(({ does, file, rule }) => `${file} ${does}: no ${rule}`)).toEqual([]);
  });

  test('lets pass what the map allows', async () => {
    using folder = temporaryFolder();
    const plants = allowed.map(([file, from], at) => ({
      file: file.replace('planted', `planted-${at}`),
      source: `import { planted } from '${from}';\n\nexport const mine = planted;\n`,
    }));
    const found = await lint(project(folder.path, plants));
    expect(found.filter(({ rule }) => rule === restricted)).toEqual([]);
  });

  test('finds a cycle of imports, also through three files', async () => {
    using folder = temporaryFolder();
    const ring = (from: string) =>
      `import { planted as other } from './${from}.ts';\n\nexport const planted: unknown = other;\n`;
    const files = { a: 'b', b: 'a', one: 'two', two: 'three', three: 'one', straight: 'a' };
    const plants = Object.entries(files).map(([name, from]) => ({ file: `src/hub/${name}.ts`, source: ring(from) }));
    const found = await lint(project(folder.path, plants));
    const inCycles = found.filter(({ rule }) => rule === 'lint/suspicious/noImportCycles').map(({ file }) => file);
    expect(new Set(inCycles)).toEqual(new Set(['a', 'b', 'one', 'two', 'three'].map((name) => `src/hub/${name}.ts`)));
  });

  test('finds nothing in this tree', async () => {
    expect(await lint(root)).toEqual([]);
  });

  test('has a rule for each folder of src', () => {
    const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as {
      overrides: { includes: string[] }[];
    };
    const ruled = overrides.flatMap(({ includes }) => includes);
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.length).toBeGreaterThan(5);
    expect(folders.map(({ name }) => name).filter((name) => !ruled.includes(`src/${name}/**`))).toEqual([]);
  });
});

describe('npm run generate -- --check', () => {
  test('passes on this tree, and names each file that is not up to date', { timeout: 120_000 }, async () => {
    expect(await generateCheck(root)).toEqual({ code: 0, output: '' });
    using folder = temporaryFolder();
    for (const path of [
      'src',
      'schema',
      'client',
      'examples',
      'scripts',
      'docs',
      'codegen.ts',
      'package.json',
      'tsconfig.json',
      '.env.example',
    ]) {
      cpSync(join(root, path), join(folder.path, path), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    const change = (path: string, from: string | RegExp, to: string) => {
      const before = readFileSync(join(folder.path, path), 'utf8');
      const after = before.replace(from, to);
      expect(after, path).not.toBe(before);
      writeFileSync(join(folder.path, path), after);
    };
    change('src/config.ts', 'default: 4000', 'default: 4001');
    change('schema/schema.graphql', 'type Query', 'type Query @planted');
    change('src/db/tables.ts', "pgTable('log_state', {", "pgTable('log_state', { planted: text('planted'),");
    change('examples/relay/documents.ts', 'kind cursor message', 'kind cursor isCaughtUp message');
    writeFileSync(join(folder.path, 'client/gql/planted.ts'), 'export {};\n');
    const { code, output } = await generateCheck(folder.path);
    const named = output
      .trim()
      .split('\n')
      .map((line) => line.replace(/ is not up to date: .*$/, ''));
    expect(code).toBe(1);
    expect(named).toEqual([
      '.env.example',
      'client/gql/planted.ts',
      'docs/self-hosting.md',
      'examples/relay/__generated__/documentsLiveSubscription.graphql.ts',
      'schema/schema.graphql',
      expect.stringMatching(/^src\/db\/migrations\/\d+_tables\.sql$/),
      'src/db/migrations/meta/_journal.json',
      expect.stringMatching(/^src\/db\/migrations\/meta\/\d+_snapshot\.json$/),
    ]);
  });
});

describe('the contract of the schema', () => {
  const before = 'type Query { now: String! room(slug: String): String }';

  test('may grow', () => {
    expect(
      breakingChanges({ before, after: 'type Query { now: String! room(slug: String, id: ID): String more: Int }' }),
    ).toEqual([]);
    expect(breakingChanges({ before: null, after: before })).toEqual([]);
  });

  test('may lose nothing that a client could use', () => {
    const after = 'type Query { now: String room(slug: String!): String }';
    expect(breakingChanges({ before, after })).toEqual([
      'FIELD_CHANGED_KIND: Query.now changed type from String! to String.',
      'ARG_CHANGED_KIND: Query.room arg slug has changed type from String to String!.',
    ]);
  });
});

describe('programs that the tests need', () => {
  const absent = { package: 'absent', at: '/nowhere/absent', use: 'nothing' };
  const how = ['/nowhere/absent is missing, for nothing: sudo apt-get install absent.'];

  test('are told of and not installed where that is forbidden, or this is not root', () => {
    using folder = temporaryFolder();
    const said: string[] = [];
    const options = { needed: [absent], say: (line: string) => said.push(line) };
    const env = { PATH: fakeAptGet(folder.path) };
    expect(ensurePrograms({ ...options, env: { ...env, PARLEY_NO_SYSTEM_INSTALL: '1' }, isRoot: true })).toEqual(how);
    expect(ensurePrograms({ ...options, env, isRoot: false })).toEqual(how);
    expect(said).toEqual([]);
    expect(existsSync(join(folder.path, 'calls'))).toBe(false);
  });

  test('are found on the path or where a variable says', () => {
    const node = { package: 'nodejs', at: 'node', use: 'nothing' };
    const elsewhere = { ...absent, otherwise: 'ABSENT_PATH' };
    const env = { PATH: dirname(process.execPath), ABSENT_PATH: process.execPath };
    expect(ensurePrograms({ needed: [node, elsewhere], say: () => undefined, env, isRoot: false })).toEqual([]);
  });
});

interface Plant {
  readonly file: string;
  readonly source: string;
}

/** A project with the rules of ours and nothing but these files. Returns its folder. */
function project(folder: string, plants: readonly Plant[]): string {
  for (const name of ['biome.json', 'package.json', 'tsconfig.json', '.gitignore'])
    cpSync(join(root, name), join(folder, name));
  for (const { file, source } of plants) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    expect(existsSync(join(folder, file)), `${file} is planted twice`).toBe(false);
    writeFileSync(join(folder, file), source);
  }
  return folder;
}

test('a server is started with the same options of Node by npm, in a container and by the unit of the guide', () => {
  const options = serverOptions.join(' ');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(scripts.start).toBe(`node ${options} scripts/start.mjs`);
  const entry = JSON.stringify(['node', ...serverOptions, 'dist/server/src/main.js']).replaceAll(',', ', ');
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain(`ENTRYPOINT ${entry}`);
  expect(readFileSync(join(root, 'docs/self-hosting.md'), 'utf8')).toContain(`/node ${options} scripts/start.mjs`);
});

/** What Biome finds in a project: rules and files. */
async function lint(folder: string): Promise<{ rule: string; file: string }[]> {
  const args = [biome, 'lint', '--error-on-warnings', '--reporter=github', '--max-diagnostics=none', '--colors=off'];
  const { code, output } = await run(folder, args);
  const found = [...output.matchAll(/^::\w+ title=(?<rule>[^,]+),file=(?<file>[^,]+),/gm)].map(({ groups }) => ({
    rule: groups!.rule!,
    file: relative(folder, resolve(folder, groups!.file!)),
  }));
  // A run that fails without a finding has not looked: a fault in biome.json, for instance.
  expect(code === 0 || found.length > 0, output).toBe(true);
  return found;
}

function generateCheck(folder: string) {
  return run(folder, ['--import', 'tsx', 'scripts/generate.mjs', '--check']);
}

async function run(folder: string, args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

function forbidden(file: string, imports: Record<string, string>) {
  return Object.entries(imports).map(([does, from]) => ({
    does: `imports ${does}`,
    file,
    source: `import { planted } from '${from}';\n\nexport const mine = planted;\n`,
    rule: restricted,
  }));
}

/** A folder with an apt-get that only notes that it was called. */
function fakeAptGet(folder: string): string {
  writeFileSync(join(folder, 'apt-get'), `#!/bin/sh\necho "$@" >> ${join(folder, 'calls')}\n`, { mode: 0o755 });
  return folder;
}
