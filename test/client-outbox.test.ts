import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, enterLobby, liveIn, signInOn, textsOf, write } from './support/chat-page.ts';
import { createRoom, enterGuest, joinRoom } from './support/person.ts';
import { startServer } from './support/server.ts';

const limits = { timeout: 60_000 };
const soon = { timeout: 15_000 };

test(
  'what is written while the server is down survives the closing of the page, and goes out once, in order',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    await using ada = await visit();
    await enterLobby(ada, server.url, 'Ada');
    await server.stop();
    await ada.page.getByText('Offline, trying again…').waitFor();
    for (const text of ['first of three', 'second of three', 'third of three']) await write(ada.page, text);
    await expect.poll(() => waitingIn(ada.page), soon).toHaveLength(3);
    await ada.page.getByText('3 messages wait to be sent.').waitFor();
    const page = await ada.context.newPage();
    await ada.page.close();

    await server.start();
    await page.goto(server.url);
    await expect.poll(async () => (await textsOf(page)).filter(isOfThree), soon).toHaveLength(3);
    await liveIn(page);
    expect((await textsOf(page)).filter(isOfThree)).toEqual(['first of three', 'second of three', 'third of three']);
    expect(await page.locator('.draft').count()).toBe(0);
  },
);

test(
  'what two windows write offline goes out once, in the order of writing, and each message by one window alone',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    await using ada = await visit();
    await enterLobby(ada, server.url, 'Ada');
    const { page, context } = ada;
    const other = await context.newPage();
    await other.goto(server.url);
    await composerOf(other).waitFor();
    await liveIn(other);

    await context.setOffline(true);
    for (const [window, text] of [
      [page, 'first of three'],
      [other, 'second of three'],
      [page, 'third of three'],
    ] as const) {
      await write(window, text);
      await window.locator('.draft[data-status="waiting"]', { hasText: text }).waitFor();
    }
    for (const window of [page, other]) {
      await expect.poll(() => waitingIn(window), soon).toEqual(['first of three', 'second of three', 'third of three']);
    }
    const sent: string[] = [];
    context.on('request', (request) => {
      const text = /"text":"(\w+ of three)"/.exec(request.postData() ?? '')?.[1];
      if (text !== undefined) sent.push(text);
    });
    await context.setOffline(false);
    for (const window of [page, other]) {
      await expect
        .poll(async () => (await textsOf(window)).filter(isOfThree), soon)
        .toEqual(['first of three', 'second of three', 'third of three']);
      await expect.poll(() => window.locator('.draft').count(), soon).toBe(0);
    }
    expect(sent).toEqual(['first of three', 'second of three', 'third of three']);
  },
);

test('a send whose answer was lost is there once', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await enterLobby(ada, server.url, 'Ada');
  let lost = 0;
  await page.route('**/graphql', async (route) => {
    if (lost > 0 || !route.request().postData()?.includes('sendMessage')) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await write(page, 'heard twice');
  await expect.poll(() => page.locator('.draft').count(), soon).toBe(0);
  await write(page, 'and on');
  // The bot of the lobby has its say between them.
  const own = async () => (await textsOf(page)).filter((text) => text === 'heard twice' || text === 'and on');
  await expect.poll(own, soon).toEqual(['heard twice', 'and on']);
  expect(lost).toBe(1);
});

test(
  'what waits when a session is revoked goes out when the same person signs in again, and never as another',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    const stranger = await signUp(server, { displayName: 'Bo' });
    await joinRoom(member, lobbyId);
    await joinRoom(stranger, lobbyId);
    await using browser = await visit();
    const { page, context } = browser;
    await page.goto(server.url);
    await signInOn(page, member.handle, goodPassword);
    await composerOf(page).waitFor();
    await liveIn(page);
    await context.setOffline(true);
    await write(page, 'a secret of Ada');
    await page.getByText('Not sent yet.').waitFor();
    await member.ask('mutation { revokeOtherSessions { sessionIds } }');
    await context.setOffline(false);

    await page.getByRole('form', { name: 'Sign in' }).waitFor();
    await signInOn(page, stranger.handle, goodPassword);
    await composerOf(page).waitFor();
    await liveIn(page);
    await write(page, 'a word of Bo');
    await page.locator('.message.own[data-message-id]', { hasText: 'a word of Bo' }).waitFor();
    expect(await page.getByText('a secret of Ada').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
    await signInOn(page, member.handle, goodPassword);
    await page.locator('.message.own[data-message-id]', { hasText: 'a secret of Ada' }).waitFor();
    const secrets = await authorsOf(member, 'a secret of Ada');
    expect(secrets).toEqual(['Ada']);
  },
);

test(
  'what waits in a window is not sent under the cookie that another person has got there meanwhile',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    const stranger = await signUp(server, { displayName: 'Bo' });
    await joinRoom(member, lobbyId);
    await joinRoom(stranger, lobbyId);
    await using browser = await visit();
    const { page, context } = browser;
    await page.goto(server.url);
    await signInOn(page, member.handle, goodPassword);
    await composerOf(page).waitFor();
    await liveIn(page);
    // The cookie changes behind the back of the page, and the next thing that it does is to send.
    const [cookie] = await context.cookies();
    if (cookie === undefined) throw new Error('no cookie');
    await context.addCookies([{ ...cookie, value: stranger.token }]);
    await write(page, 'a secret of Ada');
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('Bo', { exact: true }).waitFor();
    await composerOf(page).waitFor();
    await write(page, 'a word of Bo');
    await page.locator('.message.own[data-message-id]', { hasText: 'a word of Bo' }).waitFor();
    expect(await authorsOf(member, 'a secret of Ada')).toEqual([]);
  },
);

test(
  'a refused message says why, also in another room, is kept over a reload, and can be thrown away or sent again',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const owner = await enterGuest(server, 'Owner');
    const member = await signUp(server, { displayName: 'Ada' });
    const roomId = await createRoom(owner, 'Doorstep');
    await joinRoom(member, roomId);
    await using browser = await visit();
    const { page, context } = browser;
    await page.goto(`${server.url}/#/doorstep`);
    await signInOn(page, member.handle, goodPassword);
    await composerOf(page).waitFor();
    await liveIn(page);
    await context.setOffline(true);
    await write(page, 'too late');
    await write(page, 'much too late');
    await page.getByText('Not sent yet.').first().waitFor();
    await owner.ask(remove, { input: { roomId, userId: member.id } });
    await context.setOffline(false);

    const unsent = page.getByRole('region', { name: 'Not sent' });
    await expect.poll(() => unsent.getByRole('listitem').count(), soon).toBe(2);
    await page.reload();
    await expect.poll(() => unsent.getByRole('listitem').count(), soon).toBe(2);
    await unsent.getByText('Not sent to Doorstep: You are not a member of this room.').first().waitFor();
    await unsent.getByRole('listitem').first().getByRole('button', { name: 'Throw away' }).click();
    await expect.poll(() => unsent.getByRole('listitem').count(), soon).toBe(1);
    await owner.ask(add, { input: { roomId, userId: member.id } });
    await unsent.getByRole('button', { name: 'Send again' }).click();
    await page.locator('.message.own[data-message-id]', { hasText: 'much too late' }).waitFor();
    expect(await textsOf(page)).toEqual(['much too late']);
    expect(await unsent.getByRole('listitem').count()).toBe(0);
  },
);

test('signing out asks first when something would be lost by it', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await enterLobby(ada, server.url, 'Ada');
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('sendMessage') ? route.abort() : route.continue(),
  );
  await write(page, 'left behind');
  await page.getByText('Not sent yet.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  const question = page.getByRole('dialog', { name: 'Sign out and lose what is not sent?' });
  await question.getByRole('button', { name: 'Stay' }).click();
  await question.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await question.getByRole('button', { name: 'Discard and sign out' }).click();
  await page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
  expect(await page.evaluate(countOfOutbox)).toBe(0);
});

test('the lists of rooms come back by themselves after an answer was lost', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Enter as a guest' }).click();
  await liveIn(page);
  // What a change of one's rooms brings about fails; nothing else tells of it later.
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('query OwnRooms') ? route.abort() : route.continue(),
  );
  await page.getByRole('button', { name: 'Join to write' }).click();
  const rooms = page.getByRole('navigation', { name: 'Rooms' });
  await rooms.getByText('The server cannot be reached.').waitFor();
  await page.unrouteAll();
  await rooms.getByText('The server cannot be reached.').waitFor({ state: 'detached' });
  await rooms.getByText('None yet. Join one below.').waitFor({ state: 'detached' });
});

const lobbyId = 'room_00000000000070008000000000000001';
const remove = 'mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { errors { code } } }';
const add = 'mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }';

const isOfThree = (text: string) => text.endsWith('of three');
const waitingIn = (page: Page) => page.locator('.draft[data-status="waiting"] .text').allInnerTexts();

/** Display names of who said a text in the lobby. */
async function authorsOf(
  person: { ask: (query: string) => Promise<{ data?: unknown }> },
  text: string,
): Promise<string[]> {
  const { data } = await person.ask(
    `{ room(by: { slug: "lobby" }) { messages(last: 100) { nodes { text author { displayName } } } } }`,
  );
  const { room } = data as { room: { messages: { nodes: { text: string; author: { displayName: string } }[] } } };
  return room.messages.nodes.filter((message) => message.text === text).map(({ author }) => author.displayName);
}

/** Script for the page: how many messages the browser keeps. */
const countOfOutbox = `new Promise((resolve, reject) => {
  const request = indexedDB.open('parley');
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const count = request.result.transaction('outbox').objectStore('outbox').count();
    count.onsuccess = () => resolve(count.result);
  };
})`;
