import { expect, test } from 'vitest';
import { goodPassword, newHandle, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, enterLobby, liveIn, signInOn, write } from './support/chat-page.ts';
import { startServer } from './support/server.ts';

const revokeOthers = 'mutation { revokeOtherSessions { sessionIds errors { code } } }';
const changePassword = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { sessionIds errors { code } }
}`;

test('somebody signs up, signs out, and signs in again to the same rooms; refusals stand beside their fields', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  const taken = await signUp(server, { displayName: 'First' });
  await using ada = await visit();
  const { page } = ada;
  const handle = newHandle('ada');
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Create an account' }).click();
  const form = page.getByRole('form', { name: 'Create an account' });
  await form.getByLabel('Handle').fill(taken.handle);
  await form.getByLabel('Password', { exact: true }).fill('password');
  await form.getByLabel('Name to show').fill('Ada');
  await form.getByRole('button', { name: 'Create account' }).click();
  await form.getByText('This password is one of the first').waitFor();
  const password = form.getByLabel('Password', { exact: true });
  expect(await password.getAttribute('aria-invalid')).toBe('true');
  const note = await password.getAttribute('aria-describedby');
  expect(await page.locator(`[id="${note}"]`).textContent()).toContain('This password is one of the first');
  await password.fill(goodPassword);
  await form.getByRole('button', { name: 'Create account' }).click();
  await form.getByText('Somebody has this handle already').waitFor();
  expect(await form.getByLabel('Handle').getAttribute('aria-invalid')).toBe('true');
  await form.getByLabel('Handle').fill(handle);
  await form.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).waitFor();
  await write(page, 'I have an account');
  await page.locator('[data-message-id]', { hasText: 'I have an account' }).waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
  await signInOn(page, handle, 'another password');
  await page.getByText('There is nobody with this handle and this password.').waitFor();
  await signInOn(page, handle.toUpperCase(), goodPassword);
  await composerOf(page).waitFor();
  const name = page.getByRole('navigation', { name: 'Rooms' }).getByText('Ada', { exact: true });
  await expect.poll(() => name.count()).toBe(1);
  expect(ada.faults).toEqual([]);
});

test('fields say to password managers what they are for', async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  const purposes = () =>
    page.locator('form input').evaluateAll((inputs) => inputs.map((input) => input.getAttribute('autocomplete')));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect.poll(purposes).toEqual(['username', 'current-password']);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await expect.poll(purposes).toEqual(['username', 'new-password', 'nickname']);
});

test('a session that is ended from elsewhere leads to the sign-in page with the reason, and then back to the same room', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(`${server.url}/#/engineering`);
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('heading', { name: 'Engineering', level: 1 }).waitFor();
  await liveIn(page);

  await member.ask(revokeOthers);
  await page.getByText('You were signed out from another device.').waitFor();
  const form = page.getByRole('form', { name: 'Sign in' });
  expect(await form.getByLabel('Handle').inputValue()).toBe(member.handle);
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('heading', { name: 'Engineering', level: 1 }).waitFor();
  await liveIn(page);

  const newPassword = 'eight smaller otters';
  await member.ask(changePassword, { input: { currentPassword: goodPassword, newPassword } });
  await page.getByText('Your password was changed on another device.').waitFor();
  await signInOn(page, member.handle, newPassword);
  await page.getByRole('heading', { name: 'Engineering', level: 1 }).waitFor();
  await liveIn(page);
});

test('a session that was ended while the page was away leads to the sign-in page too', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  await signInOn(page, member.handle, goodPassword);
  await liveIn(page);
  await page.goto('about:blank');
  await member.ask(revokeOthers);
  await page.goto(`${server.url}/#/random`);
  await page.getByText('Your session has ended.').waitFor();
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('heading', { name: 'Random', level: 1 }).waitFor();
});

test('another window follows who signs in and out, and who is another person', { timeout: 60_000 }, async () => {
  await using server = await startServer({ hasDemo: true });
  const one = await signUp(server, { displayName: 'One' });
  const two = await signUp(server, { displayName: 'Two' });
  await using browser = await visit();
  const other = await browser.context.newPage();
  await other.goto(server.url);
  const { page } = browser;
  await page.goto(server.url);
  await signInOn(page, one.handle, goodPassword);
  await liveIn(page);
  const nameIn = (window: typeof page, name: string) =>
    window.getByRole('navigation', { name: 'Rooms' }).getByText(name, { exact: true });
  await nameIn(other, 'One').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await other.getByText('You signed out in another window.').waitFor();
  await signInOn(other, two.handle, goodPassword);
  await nameIn(page, 'Two').waitFor();
  await nameIn(other, 'Two').waitFor();
});

test('a guest keeps the account: rooms, messages and the open streams stay, and signing in from elsewhere brings them', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  const handle = newHandle('ada');
  await enterLobby(ada, server.url, 'Ada');
  await write(page, 'I was a guest');
  await page.locator('[data-message-id]', { hasText: 'I was a guest' }).waitFor();
  const other = await ada.context.newPage();
  await other.goto(server.url);
  await other.getByRole('link', { name: 'Keep account' }).waitFor();
  await page.getByRole('link', { name: 'Keep account' }).click();
  const form = page.getByRole('form', { name: 'Keep this account' });
  await form.getByLabel('Handle').fill(handle);
  await form.getByLabel('Password', { exact: true }).fill(goodPassword);
  await form.getByRole('button', { name: 'Keep this account' }).click();
  await page.getByText(`sign in anywhere as @${handle}`).waitFor();
  await other.getByRole('link', { name: 'Settings' }).waitFor();
  await page.getByRole('button', { name: 'Back to the room' }).click();
  await composerOf(page).waitFor();
  await write(page, 'I have come to stay');
  await page.locator('.message.own[data-message-id]', { hasText: 'I have come to stay' }).waitFor();

  await using elsewhere = await visit();
  await elsewhere.page.goto(server.url);
  await signInOn(elsewhere.page, handle, goodPassword);
  await composerOf(elsewhere.page).waitFor();
  await elsewhere.page.locator('.message.own[data-message-id]', { hasText: 'I was a guest' }).waitFor();
  await write(elsewhere.page, 'Here too');
  await page.locator('.message.own[data-message-id]', { hasText: 'Here too' }).waitFor();
});

test('what a guest asks while the answer to their sign-up is under way waits for its cookie, in every window', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  const handle = newHandle('ada');
  await enterLobby(ada, server.url, 'Ada');
  const other = await ada.context.newPage();
  await other.goto(server.url);
  await liveIn(other);
  for (const window of [page, other]) await window.evaluate(watchForEntrance);
  let isRefused = false;
  other.on('response', (response) => {
    isRefused ||= response.status() === 401;
  });
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation SignUp')) return route.continue();
    // Past the browser, which gets the answer, and the cookie with it, when the other window has asked.
    const answer = await fetch(route.request().url(), {
      method: 'POST',
      headers: await route.request().allHeaders(),
      body: route.request().postData(),
    });
    signedUp();
    await expect.poll(() => isRefused, { timeout: 15_000 }).toBe(true);
    await route.fulfill({
      status: answer.status,
      headers: { ...Object.fromEntries(answer.headers), 'set-cookie': answer.headers.getSetCookie().join('\n') },
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  let signedUp = () => {};
  const replaced = new Promise<void>((resolve) => {
    signedUp = resolve;
  });
  await page.getByRole('link', { name: 'Keep account' }).click();
  const form = page.getByRole('form', { name: 'Keep this account' });
  await form.getByLabel('Handle').fill(handle);
  await form.getByLabel('Password', { exact: true }).fill(goodPassword);
  await form.getByRole('button', { name: 'Keep this account' }).click();
  await replaced;
  await write(other, 'Said by a guest, heard from a member');
  await other.getByRole('link', { name: 'Engineering' }).click();
  await page.getByText(`sign in anywhere as @${handle}`).waitFor();
  await other.getByRole('link', { name: 'Settings' }).waitFor();
  await other.getByRole('heading', { name: 'Engineering' }).waitFor();
  await page.getByRole('button', { name: 'Back to the room' }).click();
  await page.locator('.message.own[data-message-id]', { hasText: 'Said by a guest' }).waitFor();
  for (const window of [page, other]) expect(await window.evaluate(() => document.body.dataset.sawEntrance)).toBe('no');
});

/** Runs in the page: notes whether who is signed in was ever asked to sign in. */
function watchForEntrance(): void {
  document.body.dataset.sawEntrance = 'no';
  new MutationObserver(() => {
    if (document.body.textContent.includes('Enter as a guest')) document.body.dataset.sawEntrance = 'yes';
  }).observe(document.body, { childList: true, subtree: true });
}
