import type { Page } from 'playwright-core';
import type { Member } from './account.ts';
import type { Visitor } from './browser.ts';

/** Comes in as a guest under a name and joins the lobby. */
export async function enterLobby({ page }: Visitor, url: string, name: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter as a guest' }).click();
  await page.getByRole('button', { name: 'Join to write' }).click();
  await composerOf(page).waitFor();
  await liveIn(page);
}

/** Signs in on the page as it stands. */
export async function signInOn(page: Page, handle: string, password: string): Promise<void> {
  const form = page.getByRole('form', { name: 'Sign in' });
  if ((await form.count()) === 0) await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await form.getByLabel('Handle').fill(handle);
  await form.getByLabel('Password', { exact: true }).fill(password);
  await form.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs in and opens the settings. */
export async function openSettings(page: Page, url: string, { handle, password }: Member): Promise<void> {
  await page.goto(url);
  await signInOn(page, handle, password);
  await liveIn(page);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
}

export async function write(page: Page, text: string): Promise<void> {
  await composerOf(page).fill(text);
  await composerOf(page).press('Enter');
}

export const liveIn = (page: Page) => page.getByText('Live', { exact: true }).waitFor();

export const composerOf = (page: Page) => page.getByRole('textbox', { name: /^Message to/ });

/** Texts of the messages that the log has brought, in order. */
export const textsOf = (page: Page) => page.locator('[data-message-id] .text').allInnerTexts();
