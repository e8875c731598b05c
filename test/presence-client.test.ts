import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Visitor, visit } from './support/browser.ts';
import { startServer } from './support/server.ts';

test('the page shows how many and who of the members are online, beside their messages too, until they have gone', {
  timeout: 60_000,
}, async () => {
  await using server = await startServer({ hasDemo: true });
  await using ada = await visit();
  await enter(ada, server.url, 'Ada');
  await ada.page.getByRole('button', { name: '1 online' }).waitFor();
  {
    await using bo = await visit();
    await enter(bo, server.url, 'Bo');
    await composerOf(bo.page).fill('Here I am');
    await composerOf(bo.page).press('Enter');
    const byline = ada.page.locator('.message', { hasText: 'Here I am' }).locator('.byline');
    await byline.getByRole('img', { name: 'online' }).waitFor();
    const button = ada.page.getByRole('button', { name: '2 online' });
    await button.focus();
    await ada.page.keyboard.press('Enter');
    const people = ada.page.getByRole('region', { name: 'Online in this room' });
    await people.waitFor();
    // SHOT
    expect(await people.getByRole('listitem').allInnerTexts()).toEqual(['Ada (you)', 'Bo']);
    await ada.page.keyboard.press('Escape');
    await people.waitFor({ state: 'hidden' });

    await bo.page.reload();
    await composerOf(bo.page).waitFor();
    await button.waitFor();
  }
  await ada.page.getByRole('button', { name: '1 online' }).waitFor();
  expect(await ada.page.locator('.message').getByRole('img', { name: 'online' }).count()).toBe(0);
  await server.stop();
  await ada.page.getByText('Offline, trying again…').waitFor();
  expect(await ada.page.getByRole('button', { name: /online$/ }).count()).toBe(0);
  await server.start();
  await ada.page.getByRole('button', { name: '1 online' }).waitFor();
});

async function enter({ page }: Visitor, url: string, name: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter as a guest' }).click();
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).waitFor();
}

function composerOf(page: Page) {
  return page.getByRole('textbox', { name: /^Message/ });
}
