import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Visitor, visit } from './support/browser.ts';
import { startServer } from './support/server.ts';

/** A browser on a busy machine may need this long, in milliseconds, for what is there in a blink otherwise. */
const soon = { timeout: 10_000 };

test('two guests in two browsers chat, and see each other type', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await using bo = await visit();
  await enter(ada, server.url, 'Ada');
  await enter(bo, server.url, 'Bo');

  await composerOf(ada.page).pressSequentially('Is it tea time?');
  await bo.page.getByText(/Ada (is|and .* are) typing…/).waitFor();
  await composerOf(ada.page).press('Enter');
  await messageOf(bo.page, 'Is it tea time?').waitFor();
  await composerOf(bo.page).fill('It always is.');
  await composerOf(bo.page).press('Enter');
  await messageOf(ada.page, 'It always is.').waitFor();

  // One's own message stands once, when its draft and its event have become one.
  await ada.page.locator('.draft').first().waitFor({ state: 'detached' });
  expect(await messageOf(ada.page, 'Is it tea time?').count()).toBe(1);
  expect(await ada.page.getByText(/Ada (is|and .* are) typing…/).count()).toBe(0);
  expect(await ada.page.getByRole('navigation', { name: 'Rooms' }).getByText('Ada').count()).toBe(1);
  expect(ada.faults).toEqual([]);
  expectOneOrigin(ada, server.url);
});

test('an edited message and a deleted one are shown so to everybody', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await using bo = await visit();
  await enter(ada, server.url, 'Ada');
  await enter(bo, server.url, 'Bo');
  await say(ada.page, 'Fist version');
  await say(ada.page, 'To be forgotten');
  await messageOf(bo.page, 'To be forgotten').waitFor();

  await act(ada.page, 'Fist version', 'Edit');
  await ada.page.getByLabel('Edit the message').fill('First version');
  await ada.page.getByLabel('Edit the message').press('Enter');
  await messageOf(bo.page, 'First version').getByText('(edited)').waitFor();

  await act(ada.page, 'To be forgotten', 'Delete');
  await ada.page.getByRole('button', { name: 'Yes, delete' }).click();
  await bo.page.getByText('This message was deleted.').last().waitFor();
  expect(await messageOf(bo.page, 'To be forgotten').count()).toBe(0);
  expect(await bo.page.locator('.message:not(.own) .actions').count()).toBe(0);
});

test('history is loaded on scrolling up, back to the beginning, in order and each message once', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await ada.page.goto(server.url);
  await ada.page.getByRole('button', { name: 'Enter as a guest' }).click();
  await createRoom(ada.page, 'Long room');
  const roomId = await ada.page.evaluate(fillRoomScript(160));
  await ada.page.reload();
  await messageOf(ada.page, 'line 160').waitFor();
  expect(await messageOf(ada.page, 'line 1').count()).toBe(0);

  const timeline = ada.page.getByRole('region', { name: 'Messages' });
  const first = ada.page.locator('[data-message-id]').first();
  while ((await ada.page.getByText('This is the beginning of the room.').count()) === 0) {
    const firstId = await first.getAttribute('data-message-id');
    await ada.page.evaluate('document.querySelector(".timeline").scrollTop = 0');
    await ada.page.locator(`[data-message-id]:not([data-message-id="${firstId}"])`).first().waitFor();
    await expect.poll(() => first.getAttribute('data-message-id')).not.toBe(firstId);
    // It stood at the top of the box, under the button for earlier messages, and still does.
    const inBox = `document.querySelector('[data-message-id="${firstId}"]').getBoundingClientRect().top - document.querySelector('.timeline').getBoundingClientRect().top`;
    expect(await ada.page.evaluate(inBox)).toBeLessThan(150);
    expect(await ada.page.evaluate(inBox)).toBeGreaterThan(-1);
  }

  const texts = await timeline.locator('[data-message-id] .text').allInnerTexts();
  expect(texts).toEqual(Array.from({ length: 160 }, (_, index) => `line ${index + 1}`));
  expect(roomId).toMatch(/^room_/);
});

test('a server that comes back after a restart brings what was missed, and what was written meanwhile goes out once', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await using bo = await visit();
  await enter(ada, server.url, 'Ada');
  await enter(bo, server.url, 'Bo');
  await say(ada.page, 'before');
  await messageOf(bo.page, 'before').waitFor();

  await server.stop();
  await ada.page.getByText('Offline, trying again…').waitFor();
  await say(ada.page, 'written offline');
  await ada.page.getByText('Not sent yet.').waitFor();
  await server.start();

  await messageOf(bo.page, 'written offline').waitFor();
  await say(bo.page, 'after');
  await messageOf(ada.page, 'after').waitFor();
  await ada.page.locator('.draft').first().waitFor({ state: 'detached' });
  for (const { page } of [ada, bo]) {
    await page.getByText('Live', { exact: true }).waitFor();
    const texts = await page.locator('[data-message-id] .text').allInnerTexts();
    expect(texts.filter((text) => ['before', 'written offline', 'after'].includes(text))).toEqual([
      'before',
      'written offline',
      'after',
    ]);
  }
});

test('a room is made, left and joined again, and a private one is not in the list of others', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await using bo = await visit();
  await enter(ada, server.url, 'Ada');
  await createRoom(ada.page, 'Open garden');
  await createRoom(ada.page, 'Secret garden', { isPrivate: true });

  await bo.page.goto(server.url);
  await bo.page.getByRole('button', { name: 'Enter as a guest' }).click();
  await bo.page.getByRole('link', { name: 'Open garden' }).click();
  await bo.page.getByRole('button', { name: 'Join to write' }).click();
  await bo.page.getByRole('textbox', { name: 'Message to Open garden' }).waitFor();
  expect(await bo.page.getByRole('link', { name: 'Secret garden' }).count()).toBe(0);

  await ada.page.getByRole('link', { name: 'Open garden' }).click();
  await ada.page.getByRole('heading', { name: 'Open garden', level: 1 }).waitFor();
  await ada.page.getByRole('button', { name: 'Leave room' }).click();
  await ada.page.getByText('You are the only owner of this room').waitFor();

  await bo.page.getByRole('button', { name: 'Leave room' }).click();
  await bo.page.getByRole('button', { name: 'Join to write' }).click();
  await bo.page.getByRole('textbox', { name: 'Message to Open garden' }).waitFor();

  // Whoever leaves a private room alone no longer sees it.
  await ada.page.getByRole('link', { name: 'Secret garden' }).click();
  await ada.page.getByRole('heading', { name: 'Secret garden', level: 1 }).waitFor();
  await ada.page.getByRole('button', { name: 'Leave room' }).click();
  await ada.page.getByRole('link', { name: 'Secret garden' }).waitFor({ state: 'detached' });
});

test('the lists of rooms beside the room hold it at once when one joins, makes and leaves a room', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await ada.page.goto(server.url);
  await ada.page.getByRole('button', { name: 'Enter as a guest' }).click();
  await expect.poll(() => roomsIn(ada.page, 'Your rooms'), soon).toEqual(['None yet. Join one below.']);
  await expect.poll(() => roomsIn(ada.page, 'Public rooms'), soon).toContain('Lobby');

  await ada.page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(ada.page).waitFor();
  await expect.poll(() => roomsIn(ada.page, 'Your rooms'), soon).toEqual(['Lobby']);
  await expect.poll(() => roomsIn(ada.page, 'Public rooms'), soon).not.toContain('Lobby');

  const made: string[] = [];
  for (const name of ['Aviary', 'Bakery', 'Cellar']) {
    await createRoom(ada.page, name);
    made.push(name);
    await expect
      .poll(async () => (await roomsIn(ada.page, 'Your rooms')).sort(), soon)
      .toEqual([...made, 'Lobby'].sort());
  }

  await ada.page.getByRole('link', { name: 'Lobby' }).click();
  await ada.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  await ada.page.getByRole('button', { name: 'Leave room' }).click();
  await expect.poll(() => roomsIn(ada.page, 'Public rooms'), soon).toContain('Lobby');
  expect((await roomsIn(ada.page, 'Your rooms')).sort()).toEqual(made);
});

test('the list of rooms follows what one does in another window, and a signed-out window asks who one is', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await enter(ada, server.url, 'Ada');
  const other = await ada.context.newPage();
  await other.goto(server.url);
  await other.getByRole('textbox', { name: 'Message to Lobby' }).waitFor();

  await createRoom(ada.page, 'Second thoughts');
  await other.getByRole('link', { name: 'Second thoughts' }).waitFor();
  await ada.page.getByRole('button', { name: 'Sign out' }).click();
  await ada.page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
  await other.getByRole('button', { name: 'Enter as a guest' }).waitFor();
});

test('what is not sent waits in its room, the address names the room, and one that does not exist is said not to', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await enter(ada, server.url, 'Ada');
  expect(new URL(page.url()).hash).toBe('#/lobby');
  await composerOf(page).fill('Half a thou');
  await createRoom(page, 'Elsewhere');
  expect(await composerOf(page).inputValue()).toBe('');
  await page.getByRole('link', { name: 'Lobby' }).click();
  await page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  expect(await composerOf(page).inputValue()).toBe('Half a thou');
  await composerOf(page).press('Enter');
  await messageOf(page, 'Half a thou').waitFor();
  await page.getByRole('link', { name: 'Elsewhere' }).click();
  await page.getByRole('heading', { name: 'Elsewhere', level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  expect(await composerOf(page).inputValue()).toBe('');

  await page.evaluate('location.hash = "#/nosuchroom"');
  await page.getByText('There is no room “nosuchroom”').waitFor();
});

test('addresses in a message are links that open beside the chat, and markup stays text', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await enter(ada, server.url, 'Ada');
  const text = '<b>See</b> https://example.org/tea?a=1&b=2. Not javascript:alert(1)';
  await say(ada.page, text);
  const message = messageOf(ada.page, text);
  await message.waitFor();
  const link = message.locator('.text a');
  expect(await link.count()).toBe(1);
  expect(await link.textContent()).toBe('https://example.org/tea?a=1&b=2');
  expect(await link.getAttribute('href')).toBe('https://example.org/tea?a=1&b=2');
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
  expect(await message.locator('b').count()).toBe(0);
});

test('on a telephone 360 pixels wide, in the dark, rooms and room fit without scrolling sideways', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit({ width: 360, height: 640, colorScheme: 'dark' });
  await ada.page.goto(server.url);
  await ada.page.getByRole('button', { name: 'Enter as a guest' }).click();
  await ada.page.getByRole('link', { name: 'Lobby' }).click();
  await ada.page.getByText('Live', { exact: true }).waitFor();
  expect(await ada.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await ada.page.getByRole('button', { name: 'All rooms' }).click();
  await ada.page.getByRole('link', { name: 'Lobby' }).waitFor();
  expect(await ada.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await ada.page.goto(`${server.url}/#/nosuchroom`);
  await ada.page.getByText('There is no room “nosuchroom”').waitFor();
  await ada.page.getByRole('button', { name: 'All rooms' }).click();
  await ada.page.getByRole('link', { name: 'Lobby' }).click();
  await ada.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
  const [red, green, blue] = (await ada.page.evaluate(
    'getComputedStyle(document.body).backgroundColor.match(/\\d+/g)',
  )) as string[];
  expect(Math.max(Number(red), Number(green), Number(blue))).toBeLessThan(60);
});

/** Comes in under a name and joins the lobby. */
async function enter({ page }: Visitor, url: string, name: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter as a guest' }).click();
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await composerOf(page).fill(text);
  await composerOf(page).press('Enter');
  await page.getByText(text, { exact: true }).last().waitFor();
}

async function act(page: Page, text: string, action: 'Edit' | 'Delete'): Promise<void> {
  const message = messageOf(page, text);
  await message.hover();
  await message.getByRole('button', { name: action }).click();
}

async function createRoom(page: Page, name: string, { isPrivate = false } = {}): Promise<void> {
  await page.getByRole('button', { name: 'New room' }).click();
  await page.getByLabel('Name of the room').fill(name);
  if (isPrivate) await page.getByLabel(/^Private/).check();
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** Script for the page: sends `line 1` to `line <count>` into the room in its address. Gives the id of the room. */
function fillRoomScript(count: number): string {
  return `(async () => {
    const ask = async (query, variables) => {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()).data;
    };
    const slug = decodeURIComponent(location.hash.slice(2));
    const { room } = await ask('query ($slug: String!) { room(by: { slug: $slug }) { id } }', { slug });
    for (let n = 1; n <= ${count}; ) {
      const send = 'mutation ($roomId: ID!, $text: String!, $key: String!) { sendMessage(input: { roomId: $roomId, text: $text, clientKey: $key }) { errors { code ... on RateLimited { retryAfterMs } } } }';
      const { sendMessage } = await ask(send, { roomId: room.id, text: 'line ' + n, key: 'line-' + n });
      const [refusal] = sendMessage.errors;
      if (refusal === undefined) n += 1;
      else if (refusal.code === 'RATE_LIMITED') await new Promise((resolve) => setTimeout(resolve, refusal.retryAfterMs));
      else throw new Error(refusal.code);
    }
    return room.id;
  })()`;
}

/** What stands in one of the lists of rooms, in order: the names, or the line that says that there are none. */
async function roomsIn(page: Page, title: 'Your rooms' | 'Public rooms'): Promise<string[]> {
  const list = page.locator('.rooms section').filter({ has: page.getByRole('heading', { name: title }) });
  const lines = await list.locator('li a, .none').allInnerTexts();
  return lines.map((line) => line.replace(/^[#◆]\s*/, ''));
}

const composerOf = (page: Page) => page.getByRole('textbox', { name: /^Message to/ });

/** Messages that the log has brought, by their exact text. */
const messageOf = (page: Page, text: string) =>
  page
    .locator('[data-message-id]')
    .filter({ has: page.locator('.text').getByText(new RegExp(`^${escaped(text)}( \\(edited\\))?$`)) });

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function expectOneOrigin(visitor: Visitor, url: string): void {
  const hosts = new Set(
    visitor.requests.filter((request) => /^(https?|wss?):/.test(request)).map((request) => new URL(request).host),
  );
  expect([...hosts]).toEqual([new URL(url).host]);
}
