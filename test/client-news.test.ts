/** What happens elsewhere is seen on an open page without a reload: by everything that the log tells. */
import { EventEmitter, once } from 'node:events';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, type Member, signInAs, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, liveIn, signInOn } from './support/chat-page.ts';
import { createRoom, joinRoom, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { startWireProxy } from './support/wire-proxy.ts';

const limits = { timeout: 60_000 };

test(
  '[U8] a new name, handle and status of somebody are shown wherever they stand, at once and after being offline',
  limits,
  async () => {
    await using server = await startServer();
    await using proxy = await startWireProxy(server);
    const { ada, bo, page, visitor } = await room(server, proxy.url);
    await using _ = visitor;
    await send(bo, ada.roomId, 'a word of Bo');
    const byline = page.locator('.message', { hasText: 'a word of Bo' }).locator('.author');
    await expect.poll(() => byline.textContent()).toBe('Bo');
    const members = await openMembers(page);
    await change(bo, 'updateProfile', { displayName: 'Bob', status: { text: 'Out for lunch', emoji: '🍜' } });
    await expect
      .poll(() => members.getByRole('listitem').allTextContents())
      .toContainEqual(expect.stringContaining('Bob'));
    await members.getByText('🍜 Out for lunch').waitFor();
    await change(bo, 'changeHandle', { handle: `${bo.handle}_b` });
    await members.getByText(`@${bo.handle}_b`).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => byline.textContent()).toBe('Bob');

    await visitor.context.setOffline(true);
    // Sockets that are open live on in a browser that is set offline.
    proxy.cut('reset');
    await page.getByText('Offline, trying again…').waitFor();
    await change(bo, 'updateProfile', { displayName: 'Robert' });
    await visitor.context.setOffline(false);
    await expect.poll(() => byline.textContent(), { timeout: 20_000 }).toBe('Robert');

    // One's own, changed on another device.
    await change(ada, 'updateProfile', { displayName: 'Augusta' });
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('Augusta').waitFor();
    await change(bo, 'deleteAccount', { password: goodPassword, content: 'KEEP' });
    await expect.poll(() => byline.textContent()).toBe('Deleted user');
  },
);

test("[U8] one's own new name stays when an answer that was read before it comes behind it", limits, async () => {
  await using server = await startServer();
  await using proxy = await startWireProxy(server);
  const { ada, page, visitor } = await room(server, proxy.url);
  await using _ = visitor;
  const steps = new EventEmitter();
  const [read, released, shown] = ['read', 'released', 'shown'].map((step) => once(steps, step));
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('query Viewer')) return route.fallback();
    const response = await route.fetch();
    expect(await response.text()).toContain('"Ada"');
    steps.emit('read');
    await released;
    await route.fulfill({ response });
    steps.emit('shown');
  });
  // Behind it the page reads anew who is there.
  proxy.cut('reset');
  await read;
  await change(ada, 'updateProfile', { displayName: 'Augusta' });
  const ownName = page.getByRole('navigation', { name: 'Rooms' }).locator('.whoami strong');
  await expect.poll(() => ownName.textContent()).toBe('Augusta');
  steps.emit('released');
  await shown;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  expect(await ownName.textContent()).toBe('Augusta');
});

test(
  '[U8] what one changes oneself is shown by its answer, also where the news of it do not come',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, page, visitor } = await room(server);
    await using _ = visitor;
    let isDeaf = false;
    await page.routeWebSocket(/graphql/, (socket) => {
      const upstream = socket.connectToServer();
      upstream.onMessage((message) => isDeaf || socket.send(message));
    });
    await page.reload();
    await liveIn(page);
    const ownName = page.getByRole('navigation', { name: 'Rooms' }).locator('.whoami strong');
    await change(ada, 'updateProfile', { displayName: 'Augusta' });
    await expect.poll(() => ownName.textContent()).toBe('Augusta');
    isDeaf = true;
    await page.getByRole('link', { name: 'Settings' }).click();
    const form = page.getByRole('form', { name: 'Profile' });
    await form.getByLabel('Name to show').fill('Ada Otter');
    await form.getByRole('button', { name: 'Save profile' }).click();
    await form.getByText('Saved.').waitFor();
    await expect.poll(() => ownName.textContent()).toBe('Ada Otter');
  },
);

test(
  'members who come, go and get another role are seen among the open members, and what one may do oneself with them',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, bo, page, visitor } = await room(server);
    await using _ = visitor;
    const members = await openMembers(page);
    const names = () => members.getByRole('listitem').locator('strong').allTextContents();
    await expect.poll(names).toEqual(['Bo', 'Ada (you)']);
    const cy = await signUp(server, { displayName: 'Cy' });
    await joinRoom(cy, ada.roomId);
    await expect.poll(names).toEqual(['Bo', 'Ada (you)', 'Cy']);
    await change(bo, 'setMemberRole', { roomId: ada.roomId, userId: cy.id, role: 'OWNER' });
    await members.getByText(`@${cy.handle}, owner`).waitFor();
    expect(await members.getByRole('form', { name: 'Add a member' }).count()).toBe(0);
    await change(bo, 'setMemberRole', { roomId: ada.roomId, userId: ada.id, role: 'OWNER' });
    await members.getByRole('form', { name: 'Add a member' }).waitFor();
    await change(cy, 'leaveRoom', { roomId: ada.roomId });
    await expect.poll(names).toEqual(['Bo', 'Ada (you)']);
    await page.keyboard.press('Escape');
    await change(bo, 'removeMember', { roomId: ada.roomId, userId: ada.id });
    await page.getByRole('button', { name: 'Join to write' }).waitFor();
    await joinRoom(ada, ada.roomId);
    await composerOf(page).waitFor();
  },
);

test(
  'the new name of a room is seen by its members and by who only reads it, and nothing is missed at the start',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, bo, page, visitor } = await room(server);
    await using _ = visitor;
    const heading = page.getByRole('heading', { level: 1 });
    await change(bo, 'updateRoom', { roomId: ada.roomId, name: 'Pantry', topic: 'what is left' });
    await expect.poll(() => heading.textContent()).toBe('Pantry');
    await page.getByRole('link', { name: 'Pantry' }).waitFor();
    const beside = await createRoom(bo, 'Beside');
    await page.goto(`${server.url}/#/beside`);
    await expect.poll(() => heading.textContent()).toBe('Beside');
    await liveIn(page);
    await change(bo, 'updateRoom', { roomId: beside, name: 'Besides' });
    await expect.poll(() => heading.textContent()).toBe('Besides');

    // Between the first answer and the subscription.
    let isHeld = true;
    await page.routeWebSocket(/graphql/, async (socket) => {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 20));
      socket.connectToServer();
    });
    await page.goto('about:blank');
    await page.goto(`${server.url}/#/kitchen`);
    await page.getByRole('link', { name: 'Pantry' }).waitFor();
    await change(bo, 'updateRoom', { roomId: ada.roomId, name: 'Cellar' });
    isHeld = false;
    await page.getByRole('link', { name: 'Cellar' }).waitFor();
  },
);

test(
  'a session that ended elsewhere goes from the list of devices, and a deleted account says so',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, page, visitor } = await room(server);
    await using _ = visitor;
    const phone = await signInAs(server, ada);
    await page.getByRole('link', { name: 'Settings' }).click();
    const devices = page.getByRole('region', { name: 'Devices' }).getByRole('listitem');
    await expect.poll(() => devices.count()).toBe(3);
    await phone.ask('mutation { signOut { signedOut } }');
    await expect.poll(() => devices.count()).toBe(2);
    await change(ada, 'deleteAccount', { password: goodPassword, content: 'KEEP' });
    await page.getByText('Your account was deleted.').waitFor();
  },
);

/** Ada on a page, in a room of Bo. */
async function room(server: TestServer, url = server.url) {
  const bo = await signUp(server, { displayName: 'Bo' });
  const member = await signUp(server, { displayName: 'Ada' });
  const roomId = await createRoom(bo, 'Kitchen');
  await joinRoom(member, roomId);
  const visitor = await visit();
  const { page } = visitor;
  await page.goto(`${url}/#/kitchen`);
  await signInOn(page, member.handle, goodPassword);
  await composerOf(page).waitFor();
  await liveIn(page);
  return { bo, ada: { ...member, roomId }, page, visitor };
}

async function openMembers(page: Page) {
  await page.getByRole('button', { name: 'Members' }).click();
  const dialog = page.getByRole('dialog', { name: /^Members of/ });
  await dialog.getByRole('listitem').first().waitFor();
  return dialog;
}

async function change(person: Person | Member, name: string, input: object): Promise<void> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const answer = await person.ask(
    `mutation ($input: ${type}!) { ${name}(input: $input) { errors { code message } } }`,
    {
      input,
    },
  );
  if (answer.errors || answer.data[name].errors.length > 0) throw new Error(JSON.stringify(answer));
}
