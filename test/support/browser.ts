import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Response } from 'playwright-core';
import { onTestFailed } from 'vitest';

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
  const refusals: string[] = [];
  const shown: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = context.pages()[0] ?? (await context.newPage());
  watch(page);
  context.on('page', watch);
  context.on('response', (response) => void noteRefusal(response, refusals));
  onTestFailed(() => {
    console.error(['What the browser showed at the end:', ...shown, ...faults, ...refusals].join('\n'));
  });

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
      for (const open of context.pages()) shown.push(await textOf(open));
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Keeps answers that say no, for the report of a failure. */
async function noteRefusal(response: Response, refusals: string[]): Promise<void> {
  const path = new URL(response.url()).pathname;
  const text = path === '/graphql' ? await response.text().catch(() => 'gone before it was read') : '';
  if (response.ok() && !text.includes('"errors":[{')) return;
  refusals.push(
    `${response.status()} ${path} ${response.request().postData()?.slice(0, 200) ?? ''}\n  ${text.slice(0, 400)}`,
  );
}

async function textOf(page: Page): Promise<string> {
  const text = await page.locator('body').ariaSnapshot({ timeout: 1_000 }).catch(String);
  return `${page.url()}\n${text.replace(/^/gm, '  ')}`;
}
