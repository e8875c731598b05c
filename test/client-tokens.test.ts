import { expect, test } from 'vitest';
import { newHandle, signUpMutation } from './support/account.ts';
import { type Visitor, visit } from './support/browser.ts';
import { post } from './support/person.ts';
import { startServer } from './support/server.ts';

/** Signs up by cookie, and opens the settings. */
async function openSettings({ page }: Visitor, url: string): Promise<void> {
  await page.goto(url);
  const input = { handle: newHandle(), password: 'seven small otters', displayName: 'Ada', credential: 'COOKIE' };
  await page.evaluate(
    (body) => fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
    JSON.stringify({ query: signUpMutation, variables: { input } }),
  );
  await page.reload();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'API tokens' }).waitFor();
}

const statusOf = async (url: string, token: string) =>
  (await post(url, '{ asOf }', {}, { authorization: `Bearer ${token}` })).status;

test('[T1] [T3] a token is made, shown once, copied, seen in use and revoked in the settings', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  const { page } = ada;
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openSettings(ada, server.url);
  const section = page.getByRole('region', { name: 'API tokens' });
  await section.getByText('You have none.').waitFor();

  const form = section.getByRole('form', { name: 'Make an API token' });
  await form.getByLabel('What it is for').fill('Backup');
  await form.getByLabel('read what you can read').uncheck();
  await form.getByRole('button', { name: 'Make a token' }).click();
  await form.getByText('Choose at least one of these.').waitFor();
  await form.getByLabel('read what you can read').check();
  await form.getByLabel('write, edit and delete messages').check();
  await form.getByLabel('It ends after').selectOption('A year');
  await form.getByRole('button', { name: 'Make a token' }).click();

  const shown = section.getByLabel('The token Backup');
  await shown.waitFor();
  const token = await shown.inputValue();
  expect(token).toMatch(/^parley_pat_[0-9A-Za-z]{36}$/);
  await section.getByRole('button', { name: 'Copy' }).click();
  await section.getByText('Copied.').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);

  const row = section.getByRole('listitem').filter({ hasText: 'Backup' });
  await row.getByText(`parley_pat_…${token.slice(-4)}`).waitFor();
  expect(await row.textContent()).toContain('read, write · not used yet · ends ');
  expect(await statusOf(server.url, token)).toBe(200);
  await section.getByRole('button', { name: 'Done' }).click();
  expect(await page.content()).not.toContain(token);

  await page.reload();
  await row.getByText(/· used /).waitFor();
  expect(await page.content()).not.toContain(token);
  await row.getByRole('button', { name: 'Revoke Backup' }).click();
  await section.getByText('You have none.').waitFor();
  expect(await statusOf(server.url, token)).toBe(401);
  expect(ada.faults).toEqual([]);
});

test('the settings fit a narrow window with a long name of a token in it', { timeout: 60_000 }, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit({ width: 360, height: 740, colorScheme: 'dark' });
  const { page } = ada;
  await openSettings(ada, server.url);
  await page.getByLabel('What it is for').fill('w'.repeat(64));
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByLabel('The token w').waitFor();
  const rightmostPx = await page
    .locator('.settings *')
    .evaluateAll((boxes) => Math.max(...boxes.map((box) => box.getBoundingClientRect().right)));
  expect(rightmostPx).toBeLessThanOrEqual(360);
});
