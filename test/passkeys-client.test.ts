import { expect, test } from 'vitest';
import { goodPassword, newHandle } from './support/account.ts';
import { addAuthenticator } from './support/authenticator.ts';
import { visit } from './support/browser.ts';
import { publicUrlOf, startProvider, startServerWith } from './support/provider.ts';

test('[K1] [I1] [I3] a member adds a passkey and links the provider on the page of settings, and comes in by both without a password', {
  timeout: 60_000,
}, async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const url = publicUrlOf(server);
  await using visitor = await visit();
  const { page } = visitor;
  await addAuthenticator(await page.context().newCDPSession(page));
  await page.goto(url);
  const handle = newHandle();
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel('Password', { exact: true }).fill(goodPassword);
  await page.locator('button[type=submit]').click();

  const openSettings = () => page.getByRole('link', { name: 'Settings' }).click();
  const ways = page.getByRole('region', { name: 'Other ways to sign in' });
  await openSettings();
  await ways.getByLabel('What to call a new passkey').fill('Laptop');
  await ways.getByRole('button', { name: 'Add a passkey' }).click();
  await ways.getByRole('listitem').filter({ hasText: 'Laptop' }).waitFor();
  await ways.getByRole('button', { name: 'Add a passkey' }).click();
  await ways.getByRole('alert').getByText('This device has a passkey for you already.').waitFor();
  await ways.getByRole('link', { name: 'Link Example' }).click();
  await openSettings();
  await ways.getByRole('listitem').filter({ hasText: 'localhost' }).waitFor();

  const signOut = async () => {
    await openSettings();
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with passkey' }).waitFor();
  };
  await signOut();
  await page.getByRole('button', { name: 'Sign in with passkey' }).click();
  await openSettings();
  await ways.getByRole('listitem').filter({ hasText: 'Laptop' }).waitFor();
  await signOut();
  await page.getByRole('link', { name: 'Sign in with Example' }).click();
  await openSettings();
  await ways.getByRole('button', { name: 'Remove Laptop' }).click();
  await ways.getByRole('listitem').filter({ hasText: 'Laptop' }).waitFor({ state: 'detached' });
  expect(visitor.faults).toEqual([]);
});
