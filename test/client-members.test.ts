import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, liveIn, signInOn } from './support/chat-page.ts';
import { createRoom, enterGuest } from './support/person.ts';
import { startServer } from './support/server.ts';

const limits = { timeout: 60_000 };

test('an owner adds somebody by handle, makes them an owner and takes it back, and removes them', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const owner = await signUp(server, { displayName: 'Ada' });
  const other = await signUp(server, { displayName: 'Bo' });
  await createRoom(owner, 'Back office', 'PRIVATE');
  await using ada = await visit();
  await using bo = await visit();
  await bo.page.goto(server.url);
  await signInOn(bo.page, other.handle, goodPassword);
  await liveIn(bo.page);
  const { page } = ada;
  await page.goto(server.url);
  await signInOn(page, owner.handle, goodPassword);
  await page.getByRole('link', { name: 'Back office' }).click();
  const dialog = await openMembers(page, 'Back office');
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(1);
  const form = dialog.getByRole('form', { name: 'Add a member' });
  await form.getByLabel('Add by handle').fill('nobody_has_this');
  await form.getByRole('button', { name: 'Add' }).click();
  await dialog.getByText('There is nobody with this handle.').waitFor();
  await form.getByLabel('Add by handle').fill(`@${other.handle}`);
  await form.getByRole('button', { name: 'Add' }).click();
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(2);
  expect(await dialog.getByText('There is nobody with this handle.').count()).toBe(0);

  const role = dialog.getByLabel('Role of Bo');
  await role.selectOption('Owner');
  await dialog.getByText(`@${other.handle}, owner`).waitFor();
  await role.selectOption('Member');
  await dialog.getByText(`@${other.handle}`, { exact: true }).waitFor();
  await dialog.getByLabel('Role of Ada').selectOption('Member');
  await dialog.getByText('A room needs an owner.').waitFor();
  expect(await dialog.getByLabel('Role of Ada').inputValue()).toBe('OWNER');

  await bo.page.getByRole('link', { name: 'Back office' }).click();
  await composerOf(bo.page).waitFor();
  const seen = await openMembers(bo.page, 'Back office');
  await expect.poll(() => seen.getByRole('listitem').count()).toBe(2);
  expect(await seen.getByRole('button').allInnerTexts()).toEqual(['Close']);
  await bo.page.keyboard.press('Escape');

  await dialog.getByRole('button', { name: 'Remove Bo' }).click();
  await dialog.getByRole('button', { name: 'Yes, remove' }).click();
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(1);
  await bo.page.getByText('You can no longer read this room.').waitFor();
  await bo.page.getByRole('link', { name: 'Back office' }).waitFor({ state: 'detached' });
});

test('the members of a room are listed page by page, and fit a telephone 360 pixels wide', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const owner = await signUp(server, { displayName: 'Ada' });
  const roomId = await createRoom(owner, 'Crowd');
  const names = Array.from({ length: 55 }, (_, n) => `Guest ${n}`);
  await Promise.all(
    names.map(async (displayName) => {
      const { id } = await enterGuest(server, displayName);
      await owner.ask('mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }', {
        input: { roomId, userId: id },
      });
    }),
  );
  await using ada = await visit({ width: 360, height: 640 });
  const { page } = ada;
  await page.goto(`${server.url}/#/crowd`);
  await signInOn(page, owner.handle, goodPassword);
  await liveIn(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  const dialog = await openMembers(page, 'Crowd');
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(50);
  await dialog.getByRole('button', { name: 'More members' }).click();
  await expect.poll(() => dialog.getByRole('listitem').count()).toBe(56);
  const widest = await dialog.evaluate((box) =>
    Math.max(...[...box.querySelectorAll('*')].map((element) => element.getBoundingClientRect().right)),
  );
  expect(widest).toBeLessThanOrEqual(360);
});

async function openMembers(page: Page, roomName: string) {
  await page.getByRole('heading', { name: roomName, level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Members' }).click();
  const dialog = page.getByRole('dialog', { name: `Members of ${roomName}` });
  await dialog.getByRole('listitem').first().waitFor();
  return dialog;
}
