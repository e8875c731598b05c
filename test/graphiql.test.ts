import { readdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Visitor, visit } from './support/browser.ts';
import { startServer } from './support/server.ts';

let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  server = await startServer({ hasDemo: true });
});
afterAll(() => server[Symbol.asyncDispose]());

test('the page opens, arrives as a guest, and asks no other host for anything', async () => {
  await using visitor = await open();
  const { page } = visitor;
  await page.getByText(/^You are Guest \d{4}$/).waitFor();
  await run(page, 'Rooms');
  await answerWith(page, '"slug": "lobby"');

  // The documentation comes from introspection, and formatting from code that loads when it is first needed.
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('link', { name: 'Query', exact: true }).waitFor();
  await page.getByRole('button', { name: /^Prettify query/ }).click();

  const hosts = visitor.requests.filter((url) => /^(https?|wss?):/.test(url)).map((url) => new URL(url).host);
  expect([...new Set(hosts)]).toEqual([new URL(server.url).host]);
  expect(visitor.requests.some((url) => url.startsWith('data:') || /worker.*\.js/.test(url))).toBe(true);
  expect(visitor.faults).toEqual([]);
});

test('each example tab runs as it stands and gives data, and each begins with a comment', async () => {
  await using visitor = await open();
  const { page } = visitor;
  const expected = {
    Rooms: '"slug": "lobby"',
    History: '"asOf"',
    Send: '"text": "Hello from GraphiQL"',
    Subscribe: '"kind"',
    Typing: '"typing"',
    Resume: '"cursor"',
  };
  for (const [tab, answer] of Object.entries(expected)) {
    await run(page, tab);
    await answerWith(page, answer);
    expect(await textOf(page.locator('.graphiql-query-editor .view-lines'))).toMatch(/^#/);
    expect(await textOf(page.locator('.result-window .view-lines'))).not.toContain('"code"');
  }
  expect(visitor.faults).toEqual([]);
});

test('the subscription tab shows what somebody else sends meanwhile', async () => {
  await using watching = await open();
  await using sending = await open();
  const name = await nameOf(sending.page);
  await run(watching.page, 'Subscribe');
  await answerWith(watching.page, '"kind"');
  await run(sending.page, 'Send');
  await answerWith(watching.page, `"displayName": "${name}"`);
  await answerWith(watching.page, 'Hello from GraphiQL');
});

test('a subscription shows what it brought so far as a list, the newest first', async () => {
  await using visitor = await open();
  const { page, context } = visitor;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  const name = await nameOf(page);
  await run(page, 'Send');
  await answerWith(page, '"text": "Hello from GraphiQL"');
  await run(page, 'Subscribe');
  await answerWith(page, '"newestFirst"');
  // By all of it: what is in sight are the newest items, and on a slow machine the own message may be further down by now.
  const items = await vi.waitFor(
    async () => {
      const shown = await shownItems(page);
      expect(shown.map(({ data }) => data.messages.message?.author.displayName)).toContain(name);
      return shown;
    },
    { timeout: 15_000, interval: 300 },
  );
  expect(items.map(({ data }) => data.messages.kind)).toContain('CHECKPOINT');
  const messages = items.flatMap(({ data }) => data.messages.message ?? []);
  expect(messages.length).toBeGreaterThan(1);
  const times = messages.map(({ sentAt }) => sentAt);
  expect(times).toEqual([...times].sort().reverse());
});

test('every button has a name, and the console stays empty', async () => {
  await using visitor = await visit();
  const { page } = visitor;
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  await open(visitor);
  await run(page, 'Rooms');
  await answerWith(page, '"slug": "lobby"');
  expect(lines).toEqual([]);
  const buttons = await page.getByRole('button').count();
  expect(buttons).toBeGreaterThan(10);
  expect(await page.getByRole('button', { name: /\S/ }).count()).toBe(buttons);
});

test('the menu has an example for each root field, and each runs as it stands without an error of GraphQL', {
  timeout: 90_000,
}, async () => {
  await using visitor = await open();
  const { page } = visitor;
  const files = (await readdir('schema/examples')).map((file) => file.replace('.graphql', '').replace('-', ' '));
  await page.getByRole('button', { name: 'Examples' }).click();
  const items = await page.getByRole('menuitem').allTextContents();
  expect([...items].sort()).toEqual([...files].sort());
  await page.keyboard.press('Escape');

  // Who has deleted the account, or signed out, is nobody: the others need somebody.
  const ending = ['mutation deleteAccount', 'mutation signOut'];
  for (const item of [...items.filter((one) => !ending.includes(one)), ...ending]) {
    await page.getByRole('button', { name: 'Examples' }).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
    await expect.poll(() => textOf(page.locator('.graphiql-query-editor .view-lines'))).toContain(item.split(' ')[1]);
    await page.getByRole('button', { name: /^Execute/ }).click();
    await answerWith(page, '"data"');
    // Of a subscription it is a list of answers, so they stand deeper.
    const errors = item.startsWith('subscription') ? /^ {6}"errors"/m : /^ {2}"errors"/m;
    expect(await textOf(page.locator('.result-window .view-lines')), item).not.toMatch(errors);
    if (item === 'mutation deleteAccount') {
      const before = await page.locator('.who').textContent();
      await page.getByRole('button', { name: 'New guest' }).click();
      await expect.poll(() => page.locator('.who').textContent()).not.toBe(before);
    }
  }
  await page.getByText('You are signed out').waitFor();
});

test('resuming begins at the cursor of arrival: what was sent since then comes', async () => {
  await using visitor = await open();
  const { page } = visitor;
  const name = await nameOf(page);
  await run(page, 'Send');
  await answerWith(page, '"text": "Hello from GraphiQL"');
  await page.getByRole('tab', { name: 'Resume' }).click();
  await expect.poll(() => textOf(page.locator('.graphiql-editor-tool .view-lines').first())).toContain('"after"');

  const frames: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  await run(page, 'Resume');
  await expect.poll(() => frames.some((frame) => frame.includes(name) && frame.includes('MessageSent'))).toBe(true);
  expect(frames.some((frame) => frame.includes(name) && frame.includes('MemberJoined'))).toBe(true);
});

test('a shared link opens the same query with its variables as a tab in front', async () => {
  await using visitor = await open();
  const { page, context } = visitor;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: 'query server' }).click();
  await page.getByRole('tab', { name: 'Server' }).waitFor();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied').waitFor();
  const link = (await page.evaluate('navigator.clipboard.readText()')) as string;
  expect(link.startsWith(`${server.url}/graphql#query=`)).toBe(true);

  await using other = await visit();
  await other.page.goto(`${link}&variables=${encodeURIComponent('{ "shared": true }')}`);
  await other.page.getByRole('tab', { name: 'Server', selected: true }).waitFor();
  await expect
    .poll(() => textOf(other.page.locator('.graphiql-editor-tool .view-lines').first()))
    .toContain('"shared"');
  await other.page.getByRole('button', { name: /^Execute/ }).click();
  await answerWith(other.page, '"apiLevel"');
  // The examples are there beside it.
  await other.page.getByRole('tab', { name: 'Rooms' }).waitFor();
});

test('"New guest" lets one in under another name, over the socket too', async () => {
  await using visitor = await open();
  const { page } = visitor;
  const before = await page.locator('.who').textContent();
  await page.getByRole('button', { name: 'New guest' }).click();
  await expect.poll(() => page.locator('.who').textContent()).not.toBe(before);
  await run(page, 'Subscribe');
  await answerWith(page, '"kind"');
});

async function open(given?: Visitor): Promise<Visitor> {
  const visitor = given ?? (await visit());
  await visitor.page.goto(`${server.url}/graphql`);
  await visitor.page.getByRole('tab', { name: 'Rooms' }).waitFor();
  await visitor.page.locator('.graphiql-query-editor .view-lines').waitFor();
  return visitor;
}

/** Opens a tab and runs what stands there. */
async function run(page: Page, tab: string): Promise<void> {
  await page.getByRole('tab', { name: tab }).click();
  await page.getByRole('tab', { name: tab, selected: true }).waitFor();
  await expect.poll(() => textOf(page.locator('.graphiql-query-editor .view-lines'))).toContain(` ${tab}`);
  await page.getByRole('button', { name: /^Execute/ }).click();
}

async function nameOf(page: Page): Promise<string> {
  return (await page.locator('.who strong').textContent()) ?? '';
}

interface ShownItem {
  data: { messages: { kind: string; message: { author: { displayName: string }; sentAt: string } | null } };
}

/** The items of the subscription to messages that the result shows, in that order, however far down they stand. */
async function shownItems(page: Page): Promise<ShownItem[]> {
  await page.locator('.result-window .view-lines').click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+c');
  const text = (await page.evaluate('navigator.clipboard.readText()')) as string;
  return (JSON.parse(text) as { newestFirst: ShownItem[] }).newestFirst;
}

async function answerWith(page: Page, part: string): Promise<void> {
  await expect.poll(() => textOf(page.locator('.result-window .view-lines')), { timeout: 20_000 }).toContain(part);
}

/** Text of an editor. Monaco writes its blanks as no-break spaces, and only the lines that are in sight. */
async function textOf(lines: ReturnType<Page['locator']>): Promise<string> {
  return (await lines.allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
}
