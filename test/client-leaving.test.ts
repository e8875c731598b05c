import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, type Member, signIn, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, enterLobby, liveIn, openSettings, signInOn, textsOf, write } from './support/chat-page.ts';
import { transport } from './support/no-rates.ts';
import { publicUrlOf, startProvider, startServerWith } from './support/provider.ts';
import { startServer } from './support/server.ts';

const limits = { timeout: 120_000 };

test(
  '[L2] [L3] an account is deleted with its messages after the password and the handle, everywhere, with a farewell',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    await using ada = await visit();
    await using elsewhere = await visit();
    const { page } = ada;
    await elsewhere.page.goto(server.url);
    await signInOn(elsewhere.page, member.handle, goodPassword);
    await liveIn(elsewhere.page);
    await openLeaving(page, server.url, member, 'Take this with me');
    const form = page.getByRole('form', { name: 'Delete account' });
    const go = form.getByRole('button', { name: 'Delete my account for ever' });
    await form.getByLabel('Delete them, for everybody').check();
    await form.getByLabel('Password', { exact: true }).fill('not my password');
    await form.getByLabel('Type your handle to confirm').fill('somebody_else');
    await go.click();
    await form.getByRole('alert').getByText(`Type ${member.handle}, to say that you mean it.`).waitFor();
    await form.getByLabel('Type your handle to confirm').fill(`@${member.handle.toUpperCase()}`);
    await go.click();
    await form.getByRole('alert').getByText('This is not your current password.').waitFor();
    expect(await form.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    expect((await member.ask('{ asOf }')).status).toBe(200);

    await form.getByLabel('Password', { exact: true }).fill(goodPassword);
    await go.click();
    const farewell = page.getByRole('heading', { name: 'Goodbye, Ada' });
    await farewell.waitFor();
    expect(await farewell.evaluate((heading) => heading === document.activeElement)).toBe(true);
    await page.getByText('What you wrote can no longer be read.').waitFor();
    await elsewhere.page.getByText('Your account was deleted.').waitFor();
    expect(await elsewhere.page.getByRole('form', { name: 'Sign in' }).count()).toBe(0);
    expect((await member.ask('{ asOf }')).status).toBe(401);
    expect((await signIn(server, member.handle, goodPassword)).errors).toMatchObject([{ code: 'SIGN_IN_FAILED' }]);

    await page.getByRole('button', { name: 'To the entrance' }).click();
    expect(await page.getByRole('form', { name: 'Sign in' }).count()).toBe(0);
    await page.getByLabel('Your name').fill('Bo');
    await page.getByRole('button', { name: 'Enter as a guest' }).click();
    await liveIn(page);
    expect(await textsOf(page)).not.toContain('Take this with me');
    const cut = (fault: string) => fault.includes('401');
    expect(ada.faults.filter((fault) => !cut(fault))).toEqual([]);
  },
);

test(
  '[L3] a guest deletes their account by a word and leaves what they wrote, under nobody’s name',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    await using ada = await visit();
    const { page } = ada;
    await enterLobby(ada, server.url, 'Ada');
    await write(page, 'This may stay');
    await page.locator('[data-message-id]', { hasText: 'This may stay' }).waitFor();
    await composerOf(page).fill('This was never said');
    await page.getByRole('link', { name: 'Keep account' }).click();
    await page.getByRole('link', { name: 'Delete account…' }).click();
    const form = page.getByRole('form', { name: 'Delete account' });
    expect(await form.getByLabel('Password', { exact: true }).count()).toBe(0);
    await form.getByLabel('Leave them where they are').check();
    await form.getByLabel('Type “delete” to confirm').fill('delete');
    await form.getByRole('button', { name: 'Delete my account for ever' }).click();
    await page.getByText('stays where it was, under “Deleted user”.').waitFor();
    await page.getByRole('button', { name: 'To the entrance' }).click();
    await page.getByLabel('Your name').fill('Bo');
    await page.getByRole('button', { name: 'Enter as a guest' }).click();
    const left = page.locator('[data-message-id]', { hasText: 'This may stay' });
    await left.getByText('Deleted user').first().waitFor();
    expect(await left.locator('.avatar').first().getAttribute('data-initials')).toBe('');
    await page.getByRole('button', { name: 'Join to write' }).click();
    expect(await composerOf(page).inputValue()).toBe('');
  },
);

test(
  '[L2] who has no password confirms at the provider, comes back to the page, and is deleted there',
  limits,
  async () => {
    const provider = await startProvider();
    const server = await startServerWith(provider, { hasDemo: true, deletedContent: ['KEEP'] });
    await using ada = await visit();
    const { page } = ada;
    await page.goto(publicUrlOf(server));
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByRole('link', { name: 'Settings' }).click();
    const handle = await page.getByRole('form', { name: 'Handle' }).getByLabel('Handle').inputValue();
    await page.getByRole('link', { name: 'Delete account…' }).click();
    const form = page.getByRole('form', { name: 'Delete account' });
    const go = async () => {
      await form.getByLabel('Type your handle to confirm').fill(handle);
      await form.getByRole('button', { name: 'Delete my account for ever' }).click();
    };
    await form.getByText('Your messages stay where they are, under “Deleted user”.').waitFor();
    expect(await form.getByRole('radio').count()).toBe(0);
    for (const table of ['session', 'identity'])
      await server.database.query(`UPDATE ${table} SET created_at = created_at - interval '1 hour'`);
    await go();
    const asked = page.getByRole('dialog', { name: 'Is it you?' });
    await asked.getByRole('link', { name: 'Confirm with Example' }).click();
    await asked.waitFor({ state: 'detached' });
    await go();
    await page.getByRole('heading', { name: /^Goodbye, / }).waitFor();
  },
);

test('the page that deletes an account is left by keys, with nothing done', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const member = await signUp(server, { displayName: 'Ada' });
  await using ada = await visit({ width: 390, height: 844, colorScheme: 'dark' });
  const { page } = ada;
  await openLeaving(page, server.url, member, 'Here to stay');
  const form = page.getByRole('form', { name: 'Delete account' });
  await form.getByRole('link', { name: 'Keep it' }).press('Enter');
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Back to the settings' }).press('Enter');
  await page.getByRole('button', { name: 'Back to the room' }).press('Enter');
  await page.locator('.message.own', { hasText: 'Here to stay' }).waitFor();
});

test(
  '[L5] the data of an account are saved as a file, whole, and too many at a time are refused in words',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true, transport: transport({ exports: 1 }) });
    const member = await signUp(server, { displayName: 'Ada' });
    await using ada = await visit();
    const { page } = ada;
    await openSettings(page, server.url, member);
    const section = page.getByRole('region', { name: 'Your data' });
    const download = page.waitForEvent('download');
    await section.getByRole('button', { name: 'Download your data' }).press('Enter');
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('parley-account.ndjson');
    const lines = (await readFile(await saved.path(), 'utf8')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({ kind: 'export', userId: member.id });
    expect(records.find(({ kind }) => kind === 'profile')).toMatchObject({ handle: member.handle, displayName: 'Ada' });
    expect(records.at(-1)).toEqual({ kind: 'end', records: records.length - 2 });
    await section.getByRole('status').getByText('The file is saved with your downloads.').waitFor();

    await section.getByRole('button', { name: 'Download your data' }).click();
    await section.getByRole('alert').getByText('You had this a while ago').waitFor();
    await page.route('**/account/export', (route) => route.fulfill({ body: `${lines.slice(0, -1).join('\n')}\n` }));
    await section.getByRole('button', { name: 'Download your data' }).click();
    await section.getByRole('alert').getByText('The file broke off. Try again.').waitFor();
  },
);

/** Signs in, says something in the lobby, and goes by the settings to the page that deletes the account. */
async function openLeaving(page: Page, url: string, member: Member, text: string): Promise<void> {
  await page.goto(`${url}/#/lobby`);
  await signInOn(page, member.handle, member.password);
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).waitFor();
  await liveIn(page);
  await write(page, text);
  await page.locator('.message.own[data-message-id]', { hasText: text }).waitFor();
  await page.goto(`${url}/#settings`);
  await page.getByRole('link', { name: 'Delete account…' }).click();
  await page.getByRole('heading', { name: 'Delete account', level: 1 }).waitFor();
}
