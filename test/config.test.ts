import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionOf, parseRedisUrl } from '../src/bus/redis-address.ts';
import {
  ConfigError,
  describeSettings,
  findUnknownSettings,
  formatSettings,
  loadConfig,
  readEnvironment,
} from '../src/config.ts';
import { temporaryFolder } from './support/folder.ts';

test('an empty environment gives every default, and blank values are as good as none', () => {
  const config = loadConfig({});
  expect(config.http).toMatchObject({ host: '127.0.0.1', port: 4000, allowedOrigins: [], trustProxy: false });
  expect(config.database).toEqual({ url: null, directUrl: null, dataDir: './data', poolSize: 10 });
  expect(config.demo.isOn).toBe(true);
  expect(loadConfig(Object.fromEntries(describeSettings().map((row) => [row.name, ' '])))).toEqual(config);
});

test('the default that the table tells is the one that is used', () => {
  const written = Object.fromEntries(
    describeSettings().flatMap((row) => (row.default === null ? [] : [[row.name, row.default]])),
  );
  expect(loadConfig(written)).toEqual(loadConfig({}));
});

test('values are read as what they are', () => {
  const config = loadConfig({
    PORT: ' 0 ',
    PARLEY_DEMO: 'off',
    PARLEY_ALLOWED_ORIGINS: 'https://chat.example.org, http://localhost:5173',
    DATABASE_URL: 'postgresql:///parley?host=/run/postgresql',
    PARLEY_RATE_SENDS_PER_10_SECONDS: '0',
  });
  expect(config.http.port).toBe(0);
  expect(config.demo.isOn).toBe(false);
  expect(config.http.allowedOrigins).toEqual(['https://chat.example.org', 'http://localhost:5173']);
  expect(config.database.url).toBe('postgresql:///parley?host=/run/postgresql');
  expect(config.rates.sendsPer10Seconds).toBe(0);
});

test('every problem is told at once, with its name, what was given and what is expected', () => {
  const problems = problemsOf({
    PORT: '65536',
    PARLEY_DEMO: 'maybe',
    PARLEY_LOG_LEVEL: 'loud',
    PARLEY_DRAIN_MS: '5s',
    PARLEY_ALLOWED_ORIGINS: 'https://chat.example.org/',
  });
  expect(problems).toEqual([
    'PORT is "65536"; expected a whole number from 0 to 65535',
    'PARLEY_ALLOWED_ORIGINS is "https://chat.example.org/"; expected origins with commas between them, such as https://chat.example.org',
    'PARLEY_DRAIN_MS is "5s"; expected a whole number from 500 to 600000',
    'PARLEY_DEMO is "maybe"; expected true or false',
    'PARLEY_LOG_LEVEL is "loud"; expected trace, debug, info, warn, error, fatal, silent',
  ]);
});

test('a database URL that is wrong is not repeated, since it may hold a password', () => {
  const [problem] = problemsOf({ DATABASE_URL: 'mysql://parley:hunter2@db/parley' });
  expect(problem).toBe('DATABASE_URL is not a PostgreSQL URL; expected postgres://user:password@host:5432/database');
});

test('REDIS_URL takes one server, the nodes of a Cluster, the sentinels of a primary and a Unix socket, as the bus reads them', () => {
  const read = (url: string) => {
    expect(loadConfig({ REDIS_URL: url }).redis.url).toBe(url);
    const { retryStrategy: _, ...connection } = connectionOf(parseRedisUrl(url));
    return connection;
  };
  expect(read('redis://cache')).toEqual({ host: 'cache', port: 6379 });
  expect(read('redis://cache.internal:7000/0')).toEqual({ host: 'cache.internal', port: 7000 });
  expect(read('redis://:p%40ss:word@[::1]:1')).toEqual({ host: '::1', port: 1, password: 'p@ss:word' });
  expect(read('rediss://ann:pass@cache:1')).toEqual({
    host: 'cache',
    port: 1,
    username: 'ann',
    password: 'pass',
    tls: {},
  });
  expect(parseRedisUrl('redis://a,b:1,10.0.0.3:2')).toMatchObject({
    hosts: [
      { host: 'a', port: 6379 },
      { host: 'b', port: 1 },
      { host: '10.0.0.3', port: 2 },
    ],
  });
  expect(read('redis+sentinel://:pass@a,b:1/main')).toEqual({
    sentinels: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 1 },
    ],
    name: 'main',
    password: 'pass',
  });
  expect(read('unix:///run/redis/redis.sock')).toEqual({ path: '/run/redis/redis.sock' });
});

test('a REDIS_URL that is wrong is not repeated, since it may hold a password', () => {
  const wrong = [
    'cache:6379',
    'http://hunter2@cache',
    'redis://',
    'redis://:hunter2@a,,b',
    'redis+sentinel://a',
    'unix://sock',
  ];
  for (const url of wrong) {
    expect(problemsOf({ REDIS_URL: url })[0], url).toMatch(/^REDIS_URL is not a URL of Redis; expected redis:/);
    expect(() => parseRedisUrl(url), url).toThrow(/^REDIS_URL(?!.*hunter2)/);
  }
});

test('settings of passkeys and of a provider that contradict each other are told', () => {
  const oidc = { PARLEY_OIDC_ISSUER: 'https://id.example.org' };
  const whole = { ...oidc, PARLEY_OIDC_CLIENT_ID: 'parley' };
  expect(problemsOf(oidc)).toEqual(['PARLEY_OIDC_ISSUER is set; expected PARLEY_OIDC_CLIENT_ID too']);
  expect(
    problemsOf({ ...whole, PARLEY_OIDC_CLIENT_SECRET: 'hunter2', PARLEY_OIDC_CLIENT_SECRET_FILE: 'file' }),
  ).toEqual(['PARLEY_OIDC_CLIENT_SECRET and PARLEY_OIDC_CLIENT_SECRET_FILE are set; expected one of them']);
  for (const url of ['http://id.example.org', 'id.example.org', 'http://localhost.example.org']) {
    expect(problemsOf({ ...whole, PARLEY_OIDC_ISSUER: url })[0]).toMatch(
      /^PARLEY_OIDC_ISSUER is .*; expected an https:/,
    );
  }
  expect(loadConfig({ ...whole, PARLEY_OIDC_ISSUER: 'http://localhost:8080' }).oidc.isSignUpOpen).toBe(true);
  const publicUrl = { PARLEY_PUBLIC_URL: 'https://chat.example.org' };
  expect(loadConfig({ ...publicUrl, PARLEY_PASSKEY_DOMAIN: 'example.org' }).passkeys.domain).toBe('example.org');
  expect(problemsOf({ ...publicUrl, PARLEY_PASSKEY_DOMAIN: 'ample.org' })).toEqual([
    'PARLEY_PASSKEY_DOMAIN is "ample.org"; expected chat.example.org, or a domain above it',
  ]);
});

test('the low mark of the send queue must lie below the high one', () => {
  const problems = problemsOf({ PARLEY_SEND_QUEUE_LOW_BYTES: '300000' });
  expect(problems).toEqual([
    'PARLEY_SEND_QUEUE_LOW_BYTES is 300000; expected less than PARLEY_SEND_QUEUE_HIGH_BYTES, which is 262144',
  ]);
});

test('a misspelt variable is found', () => {
  expect(findUnknownSettings({ PARLEY_DEMO: '1', PARLEY_DATADIR: '/x', PATH: '/bin' })).toEqual(['PARLEY_DATADIR']);
});

test('.env of the project folder fills in what the environment leaves unset', () => {
  using folder = temporaryFolder();
  expect(readEnvironment(folder.path)).toBe(process.env);
  mkdirSync(join(folder.path, 'project'));
  const [set = ''] = Object.keys(process.env);
  writeFileSync(join(folder.path, 'project/.env'), `PARLEY_GUEST_DAYS=7 # a week\n${set}=other\n`);
  const env = readEnvironment(join(folder.path, 'project'));
  expect(loadConfig(env).guests.keepDays).toBe(7);
  expect(env[set]).toBe(process.env[set]);
});

test('the help shows each setting with its default, description and unit', () => {
  const help = formatSettings();
  for (const row of describeSettings()) {
    expect(help).toContain(`  ${row.name}=${row.default ?? ''}\n      ${row.description}\n      ${row.type}`);
    expect(row.description).toMatch(/^[A-Z].*\.$|^pretty is/);
  }
});

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('bounds of the retention of rooms that contradict each other are told', () => {
  expect(problemsOf({ PARLEY_MESSAGE_RETENTION_MIN_DAYS: '30', PARLEY_MESSAGE_RETENTION_MAX_DAYS: '7' })).toEqual([
    'PARLEY_MESSAGE_RETENTION_MAX_DAYS is 7; expected 30 or more, the shortest time',
  ]);
  expect(problemsOf({ PARLEY_MESSAGE_RETENTION_DAYS: '400', PARLEY_MESSAGE_RETENTION_MAX_DAYS: '365' })).toEqual([
    'PARLEY_MESSAGE_RETENTION_DAYS is 400; expected 1 to 365, as for rooms',
  ]);
  expect(problemsOf({ PARLEY_LOG_KEEP_DAYS: '0' })).toEqual([
    'PARLEY_LOG_KEEP_DAYS is "0"; expected a whole number from 1 to 36500',
  ]);
  expect(loadConfig({ PARLEY_LOG_KEEP_DAYS: '90' }).events.keepDays).toBe(90);
  expect(loadConfig({}).events.keepDays).toBeNull();
});
