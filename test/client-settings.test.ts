import { expect, test } from 'vitest';
import { goodPassword, newHandle, signIn, signInAs, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, liveIn, openSettings, signInOn } from './support/chat-page.ts';
import { startServer } from './support/server.ts';

const limits = { timeout: 60_000 };

test(
  'name, status and the rest of the profile are changed, refusals stand beside their fields, and others see them',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    const other = await signUp(server);
    await using ada = await visit();
    const { page } = ada;
    await openSettings(page, server.url, member);
    const form = page.getByRole('form', { name: 'Profile' });
    await form.getByLabel('Name to show').fill('Ada Otter');
    await form.getByLabel('Pronouns').fill('she');
    await form.getByLabel('Emoji').fill('x');
    await form.getByLabel('What you are at').fill('Reading');
    await form.getByLabel('How long').selectOption('for an hour');
    await form.getByLabel('About you').fill('I like tea.');
    await form.getByLabel('Time zone').fill('Europe/Berlin');
    await form.getByRole('button', { name: 'Save profile' }).click();
    await form.getByText('with one emoji or none').waitFor();
    expect(await form.getByLabel('Emoji').getAttribute('aria-invalid')).toBe('true');
    await form.getByLabel('Emoji').fill('📖');
    await form.getByRole('button', { name: 'Save profile' }).click();
    await form.getByText('Saved.').waitFor();
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('Ada Otter', { exact: true }).waitFor();
    const seen = await other.ask(
      'query ($id: ID!) { user(by: { id: $id }) { displayName pronouns bio timeZone status { text emoji expiresAt } } }',
      { id: member.id },
    );
    expect(seen.data.user).toMatchObject({
      displayName: 'Ada Otter',
      pronouns: 'she',
      bio: 'I like tea.',
      timeZone: 'Europe/Berlin',
      status: { text: 'Reading', emoji: '📖', expiresAt: expect.any(String) },
    });

    // What is not touched keeps its end.
    await form.getByLabel('Pronouns').fill('');
    await form.getByRole('button', { name: 'Save profile' }).click();
    await form.getByText('Saved.').waitFor();
    const later = await other.ask('query ($id: ID!) { user(by: { id: $id }) { pronouns status { expiresAt } } }', {
      id: member.id,
    });
    expect(later.data.user).toEqual({ pronouns: null, status: { expiresAt: seen.data.user.status.expiresAt } });
  },
);

test('a handle is changed, and one that somebody has is refused beside its field', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  const other = await signUp(server);
  await using ada = await visit();
  const { page } = ada;
  await openSettings(page, server.url, member);
  const form = page.getByRole('form', { name: 'Handle' });
  await form.getByLabel('Handle').fill(other.handle);
  await form.getByRole('button', { name: 'Save handle' }).click();
  await form.getByText('Somebody has this handle already').waitFor();
  const handle = newHandle('new');
  await form.getByLabel('Handle').fill(handle);
  await form.getByRole('button', { name: 'Save handle' }).click();
  await form.getByText('Saved.').waitFor();
  expect((await signIn(server, handle, goodPassword)).errors).toEqual([]);
});

test('a changed password signs the other devices out, and this one stays', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  await using ada = await visit();
  const { page } = ada;
  await openSettings(page, server.url, member);
  const form = page.getByRole('form', { name: 'Password' });
  const purposes = () =>
    form.locator('input').evaluateAll((inputs) => inputs.map((input) => input.getAttribute('autocomplete')));
  await expect.poll(purposes).toEqual(['username', 'current-password', 'new-password']);
  await form.getByLabel('Current password', { exact: true }).fill('not my password');
  await form.getByLabel('New password', { exact: true }).fill('eight smaller otters');
  await form.getByRole('button', { name: 'Change password' }).click();
  await form.getByText('This is not your current password.').waitFor();
  await form.getByLabel('Current password', { exact: true }).fill(goodPassword);
  await form.getByRole('button', { name: 'Change password' }).click();
  await form.getByText('Your password is changed').waitFor();
  expect((await member.ask('{ asOf }')).status).toBe(401);
  const devices = page.getByRole('region', { name: 'Devices' });
  await expect.poll(() => devices.getByRole('listitem').count()).toBe(1);
  await page.getByRole('button', { name: 'Back to the room' }).click();
  await liveIn(page);
  expect((await signIn(server, member.handle, 'eight smaller otters')).errors).toEqual([]);
});

test('devices are listed, this one first, and signed out one by one or all others at once', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  const second = await signInAs(server, member);
  await using ada = await visit();
  const { page } = ada;
  await openSettings(page, server.url, member);
  const devices = page.getByRole('region', { name: 'Devices' });
  const items = devices.getByRole('listitem');
  await expect.poll(() => items.count()).toBe(3);
  expect(await items.first().textContent()).toMatch(/^Chrome on LinuxThis device, from /);
  await items.nth(1).getByRole('button', { name: 'Sign out' }).click();
  await expect.poll(() => items.count()).toBe(2);
  expect((await member.ask('{ asOf }')).status).toBe(401);
  expect((await second.ask('{ asOf }')).status).toBe(200);
  await devices.getByRole('button', { name: 'Sign out all other devices' }).click();
  await expect.poll(() => items.count()).toBe(1);
  expect((await second.ask('{ asOf }')).status).toBe(401);
  await devices.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
});

test('what is typed and not sent is there after a reload, and gone after signing out', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).fill('Half a thou');
  await page.reload();
  await expect.poll(() => composerOf(page).inputValue()).toBe('Half a thou');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Enter as a guest' }).waitFor();
  await signInOn(page, member.handle, goodPassword);
  await composerOf(page).waitFor();
  expect(await composerOf(page).inputValue()).toBe('');
});

test.each(['light', 'dark'] as const)(
  'the pages of accounts fit a telephone 360 pixels wide, in the %s, and are reached by keys',
  limits,
  async (colorScheme) => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada Augusta Otter the Elder of the Long Name' });
    await using ada = await visit({ width: 360, height: 640, colorScheme });
    const { page } = ada;
    const fits = async () => expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.goto(server.url);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await fits();
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await fits();
    // The form is filled and sent without a mouse: the first field has the focus.
    await page.keyboard.type(member.handle);
    await page.keyboard.press('Tab');
    await page.keyboard.type(goodPassword);
    await page.keyboard.press('Enter');
    const settings = page.getByRole('link', { name: 'Settings' });
    await settings.focus();
    await fits();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.getByRole('region', { name: 'Devices' }).getByRole('listitem').first().waitFor();
    await fits();
    const widest = await page.evaluate(
      "Math.max(...[...document.querySelectorAll('.settings *')].map((e) => e.getBoundingClientRect().right))",
    );
    expect(widest).toBeLessThanOrEqual(360);
    await page.getByRole('button', { name: 'Back to the room' }).press('Enter');
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
  },
);
