import { expect, test } from 'vitest';
import { goodPassword, newHandle, signUp } from './support/account.ts';
import { makeBot, makeProgram } from './support/api-token.ts';
import { visit } from './support/browser.ts';
import { openSettings, signInOn } from './support/chat-page.ts';
import { joinRoom, personOf, send } from './support/person.ts';
import { startServer } from './support/server.ts';

const limits = { timeout: 120_000 };
const lobbyId = 'room_00000000000070008000000000000001';

test(
  '[T1] [T4] a bot is made, gets a token that is shown once, writes by it, is renamed, and is deleted with its token',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    const handle = newHandle('owl');
    await using ada = await visit();
    const { page } = ada;
    await openSettings(page, server.url, member);
    const section = page.getByRole('region', { name: 'Bots' });
    await section.getByText('You have none.').waitFor();
    const form = section.getByRole('form', { name: 'Make a bot' });
    await form.getByLabel('Name to show').fill('Owl');
    await form.getByLabel('Handle').fill(member.handle);
    await form.getByRole('button', { name: 'Make a bot' }).click();
    await form.getByText('Somebody has this handle already').waitFor();
    expect(await form.getByLabel('Handle').getAttribute('aria-invalid')).toBe('true');
    await form.getByLabel('Handle').fill(handle);
    await form.getByRole('button', { name: 'Make a bot' }).press('Enter');
    await section.getByRole('status').getByText('Owl is made. It needs a token to sign in.').waitFor();

    const item = section
      .getByRole('list', { name: 'Your bots' })
      .locator('> li')
      .filter({ hasText: `@${handle}` });
    const tokens = item.getByRole('form', { name: 'Make an API token' });
    await item.getByText('It has none, and cannot sign in.').waitFor();
    await tokens.getByLabel('What it is for').fill('Laptop');
    expect(await tokens.getByRole('checkbox', { checked: true }).count()).toBe(3);
    await tokens.getByRole('button', { name: 'Make a token' }).click();
    const shown = item.getByLabel('The token Laptop');
    const token = await shown.inputValue();
    await item.getByRole('button', { name: 'Done' }).click();
    await item.getByRole('listitem').filter({ hasText: 'Laptop' }).waitFor();
    expect(await page.content()).not.toContain(token);
    const owl = personOf(server, '', token);
    await joinRoom(owl, lobbyId);
    await send(owl, lobbyId, 'Hoo');

    await item.getByRole('button', { name: 'Edit Owl' }).click();
    const edit = item.getByRole('form', { name: 'Edit Owl' });
    expect(await edit.getByLabel('Name to show').evaluate((field) => field === document.activeElement)).toBe(true);
    await edit.getByLabel('Name to show').fill('Barn owl');
    await edit.getByRole('button', { name: 'Save' }).click();
    await section.getByRole('status').getByText('Barn owl is saved.').waitFor();
    await item.getByText('Barn owl', { exact: true }).first().waitFor();

    await page.getByRole('button', { name: 'Back to the room' }).click();
    const message = page.locator('[data-message-id]', { hasText: 'Hoo' });
    await message.locator('.byline').getByText('Barn owl', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await item.getByText('Tokens').click();
    await item.getByText(/· used /).waitFor();
    await item.getByRole('button', { name: 'Delete Barn owl' }).click();
    const question = item.getByRole('alertdialog', { name: 'Delete Barn owl?' });
    const keep = question.getByRole('button', { name: 'Keep it' });
    await expect.poll(() => keep.evaluate((button) => button === document.activeElement)).toBe(true);
    await question.getByRole('button', { name: 'Yes, delete' }).click();
    await section.getByText('You have none.').waitFor();
    expect((await owl.ask('{ asOf }')).status).toBe(401);
    expect(ada.faults).toEqual([]);
  },
);

test(
  '[T3] each of several bots has tokens of its own, and revoking one leaves those of the others, on a telephone',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const member = await signUp(server, { displayName: 'Ada' });
    const names = ['One', 'Two', 'Three, whose name has to go into the next line'];
    const programs = [];
    for (const displayName of names) {
      const botId = await makeBot(member, newHandle('owl'), displayName);
      programs.push(await makeProgram(server, member, { name: `Of ${displayName}`, scopes: ['READ'], botId }));
    }
    await using ada = await visit({ width: 390, height: 844, colorScheme: 'dark' });
    const { page } = ada;
    await page.goto(server.url);
    await signInOn(page, member.handle, goodPassword);
    await page.goto(`${server.url}/#settings`);
    const items = page.getByRole('list', { name: 'Your bots' }).locator('> li');
    await items.nth(2).waitFor();
    for (const [index, name] of names.entries()) {
      await items.nth(index).getByText('Tokens').click();
      await items.nth(index).getByText(`Of ${name}`, { exact: true }).first().waitFor();
      expect(await items.nth(index).locator('.token-list > li').count()).toBe(1);
    }
    const rightmostPx = await page
      .locator('.settings *')
      .evaluateAll((boxes) => Math.max(...boxes.map((box) => box.getBoundingClientRect().right)));
    expect(rightmostPx).toBeLessThanOrEqual(390);
    await items.nth(1).getByRole('button', { name: 'Revoke Of Two' }).click();
    await items.nth(1).getByText('It has none, and cannot sign in.').waitFor();
    const statuses = await Promise.all(programs.map(async (program) => (await program.ask('{ asOf }')).status));
    expect(statuses).toEqual([200, 401, 200]);
  },
);
