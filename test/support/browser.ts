import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const launchArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One person at a browser: an own temporary profile, so an own cookie and own storage. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every address that the browser asked for so far, sockets too, in order. */
  readonly requests: readonly string[];
  /** What went wrong in the page so far: uncaught errors, errors of the console (blocked by the policy, for instance). */
  readonly faults: readonly string[];
}

/**
 * Starts Chromium with an empty profile of its own and one page. `CHROMIUM_PATH` names another program than the Debian one.
 * Options: `colorScheme` (light), `width` and `height` of the window in CSS pixels (1280 x 800).
 */
export async function visit(
  options: { colorScheme?: 'light' | 'dark'; width?: number; height?: number } = {},
): Promise<Visitor> {
  const profile = await mkdtemp(join(tmpdir(), 'parley-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: launchArguments,
    chromiumSandbox: false,
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
  });
  // Shorter than the limit of a test, so that a failure names what it waited for.
  context.setDefaultTimeout(15_000);
  const requests: string[] = [];
  const faults: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = context.pages()[0] ?? (await context.newPage());
  watch(page);
  context.on('page', watch);

  function watch(watched: Page) {
    watched.on('websocket', (socket) => requests.push(socket.url()));
    watched.on('pageerror', (error) => faults.push(String(error)));
    watched.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
  }

  return {
    page,
    context,
    requests,
    faults,
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
