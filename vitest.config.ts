import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const globalSetup = ['test/support/global-setup.ts'].filter((path) => existsSync(resolve(root, path)));

const shared = {
  root,
  resolve: {
    // Vite would take the ESM files of graphql and Node the CommonJS ones: two realms, and "instanceof" fails across them.
    alias: [{ find: /^graphql$/, replacement: resolve(root, 'node_modules/graphql/index.js') }],
  },
};

/** Settings of every project; the limits of time are for the slowest machine, not for the usual one. */
const test = {
  pool: 'forks' as const,
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 30_000,
  expect: { poll: { timeout: 15_000 } },
  env: { NODE_ENV: 'test' },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup,
    projects: [
      {
        ...shared,
        test: {
          ...test,
          name: 'unit',
          include: ['src/**/*.test.ts', 'schema/**/*.test.ts', 'client/**/*.test.{ts,tsx}'],
        },
      },
      { ...shared, test: { ...test, name: 'system', include: ['test/**/*.test.ts'] } },
    ],
  },
});
