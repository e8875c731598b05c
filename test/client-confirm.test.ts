import { expect, test } from 'vitest';
import { goodPassword, newHandle, signIn, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { signInOn } from './support/chat-page.ts';
import { rowIdOf } from './support/history.ts';
import { startServer } from './support/server.ts';

test('[U10] who signed in a while ago is asked for the password before a token is made, and it is made then', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { handle: newHandle('ada') });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('link', { name: 'Settings' }).click();
  const section = page.getByRole('region', { name: 'API tokens' });
  await section.getByText('You have none.').waitFor();
  await server.database.query(`UPDATE session SET created_at = now() - interval '11 minutes'`);
  const form = section.getByRole('form', { name: 'Make an API token' });
  await form.getByLabel('What it is for').fill('Backup');
  await form.getByRole('button', { name: 'Make a token' }).click();

  const box = page.getByRole('dialog', { name: 'Is it you?' });
  await box.getByRole('button', { name: 'Cancel' }).click();
  await form.getByText('You signed in too long ago for this.').waitFor();
  await form.getByRole('button', { name: 'Make a token' }).click();
  await box.getByLabel('Your password', { exact: true }).fill('some other words');
  await box.getByRole('button', { name: 'Confirm', exact: true }).click();
  await box.getByText('This is not your current password.').waitFor();
  await box.getByLabel('Your password', { exact: true }).fill(goodPassword);
  await box.getByRole('button', { name: 'Confirm', exact: true }).click();
  expect(await section.getByLabel('The token Backup').inputValue()).toMatch(/^parley_pat_/);
  expect(await box.isVisible()).toBe(false);
  expect(ada.faults).toEqual([]);
});

test('[U10] who has no password sets one in the settings, and changes it from then on', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { handle: newHandle('ada') });
  await using ada = await visit();
  const { page } = ada;
  await page.goto(server.url);
  await signInOn(page, member.handle, goodPassword);
  await page.getByRole('link', { name: 'Settings' }).waitFor();
  await server.database.query('DELETE FROM user_password WHERE user_id = $1', [rowIdOf(member.id)]);
  await page.getByRole('link', { name: 'Settings' }).click();
  const form = page.getByRole('form', { name: 'Password' });
  await form.getByText('You have none yet').waitFor();
  await form.getByLabel('New password', { exact: true }).fill('eight large otters');
  await form.getByRole('button', { name: 'Set a password' }).click();
  await form.getByText('From now on you can sign in with your password.').waitFor();
  await form.getByLabel('Current password', { exact: true }).waitFor();
  expect((await signIn(server, member.handle, 'eight large otters')).errors).toEqual([]);
  expect(ada.faults).toEqual([]);
});
