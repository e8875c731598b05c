import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { liveIn, openSettings, signInOn, write } from './support/chat-page.ts';
import { temporaryFolder } from './support/folder.ts';
import { transport } from './support/no-rates.ts';
import { joinRoom, type Person } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const limits = { timeout: 90_000 };
const lobbyId = 'room_00000000000070008000000000000001';

test(
  '[L6] a picture is chosen by keys, placed, seen by others wherever they see the person, and removed',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true });
    const { member, other } = await twoInTheLobby(server);
    await using ada = await visit();
    await using bo = await visit();
    const { page } = ada;
    await openSettings(page, server.url, member);
    await page.getByRole('button', { name: 'Back to the room' }).click();
    await liveIn(page);
    await write(page, 'Look at me');
    await page.locator('[data-message-id]', { hasText: 'Look at me' }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    const form = page.getByRole('group', { name: 'Picture' });
    await expect.poll(() => pictureIn(form)).toEqual({ initials: 'AO', source: null });

    const chooser = page.waitForEvent('filechooser');
    await form.getByRole('button', { name: 'Choose a picture' }).press('Enter');
    await (await chooser).setFiles({ name: 'me.png', mimeType: 'image/png', buffer: await stripes(page) });
    const dialog = page.getByRole('dialog', { name: 'Place your picture' });
    await dialog.getByText('Drag it, or move it with the arrow keys.').waitFor();
    // From the middle of three stripes to the right one, which is wholly within the square at this zoom.
    await dialog.getByLabel('Zoom').fill('3');
    await dialog.getByRole('application').locator('canvas').focus();
    for (let press = 0; press < 60; press += 1) await page.keyboard.press('ArrowRight');
    await dialog.getByRole('button', { name: 'Use this picture' }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await form.getByRole('status').getByText('Your picture is changed.').waitFor();
    const { source } = await pictureIn(form);
    expect(source).toMatch(/^\/avatars\/[0-9a-f]{64}$/);
    expect(await seenAt(page, source as string)).toEqual({ width: 200, height: 200, middle: 'blue' });
    expect(await pictureIn(page.getByRole('navigation', { name: 'Rooms' }))).toMatchObject({ source });
    expect(
      await form.getByRole('button', { name: 'Change picture' }).evaluate((e) => e === document.activeElement),
    ).toBe(true);

    await bo.page.goto(server.url);
    await signInOn(bo.page, other.handle, goodPassword);
    await liveIn(bo.page);
    expect(await pictureIn(bo.page.locator('.message', { hasText: 'Look at me' }))).toMatchObject({ source });
    await bo.page.getByRole('button', { name: 'Members' }).click();
    expect(await pictureIn(bo.page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Ada' }))).toMatchObject(
      {
        source,
      },
    );
    await bo.page.keyboard.press('Escape');
    await bo.page.getByRole('button', { name: /online/ }).click();
    const online = bo.page.getByRole('region', { name: 'Online in this room' });
    expect(await pictureIn(online.getByRole('listitem').filter({ hasText: 'Ada' }))).toMatchObject({ source });

    await form.getByRole('button', { name: 'Remove picture' }).click();
    await form.getByText('Your picture is removed.').waitFor();
    expect(await pictureIn(form)).toEqual({ initials: 'AO', source: null });
    expect(await pictureIn(page.getByRole('navigation', { name: 'Rooms' }))).toEqual({ initials: 'AO', source: null });
    expect(await avatarOf(other, member.id)).toBeNull();
    expect([...ada.faults, ...bo.faults]).toEqual([]);
  },
);

test('a large photograph that is dropped on the settings is sent as a square of 512 pixels', limits, async () => {
  await using server = await startServer({ hasDemo: true });
  const { member } = await twoInTheLobby(server);
  await using ada = await visit();
  const { page } = ada;
  await openSettings(page, server.url, member);
  const form = page.getByRole('group', { name: 'Picture' });
  await drop(page, form, { name: 'large.jpg', type: 'image/jpeg', bytes: await stripes(page, 4_000, 'image/jpeg') });
  const dialog = page.getByRole('dialog', { name: 'Place your picture' });
  await dialog.getByRole('button', { name: 'Use this picture' }).click();
  await form.getByText('Your picture is changed.').waitFor();
  const { source } = await pictureIn(form);
  expect(await seenAt(page, source as string)).toEqual({ width: 512, height: 512, middle: 'lime' });
});

test(
  'what is no picture is refused before it is sent, what the server refuses is said, and nothing is changed',
  limits,
  async () => {
    await using server = await startServer({ hasDemo: true, transport: transport({ changes: 1 }) });
    const { member, other } = await twoInTheLobby(server, { isJoining: false });
    await using ada = await visit();
    const { page } = ada;
    await openSettings(page, server.url, member);
    const form = page.getByRole('group', { name: 'Picture' });
    const file = form.getByLabel('Picture file');
    const alert = form.getByRole('alert');
    await file.setInputFiles({ name: 'me.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    await alert.getByText('Choose a PNG, JPEG, WebP or GIF.').waitFor();
    await file.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await alert.getByText('This picture cannot be read.').waitFor();
    using folder = temporaryFolder();
    const large = join(folder.path, 'large.png');
    await writeFile(large, Buffer.alloc(25_000_001));
    await file.setInputFiles(large);
    await alert.getByText('This picture is too large. Choose one of at most 25 MB.').waitFor();
    expect(ada.requests.filter((address) => address.endsWith('/avatar'))).toEqual([]);

    const send = async () => {
      await file.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: await stripes(page) });
      await dialog.getByRole('button', { name: 'Use this picture' }).click();
    };
    const dialog = page.getByRole('dialog', { name: 'Place your picture' });
    await send();
    await form.getByText('Your picture is changed.').waitFor();
    expect(await alert.count()).toBe(0);
    const before = await avatarOf(other, member.id);
    await send();
    await dialog.getByRole('alert').getByText('That was a lot in a short time.').waitFor();
    await ada.context.setOffline(true);
    await dialog.getByRole('button', { name: 'Use this picture' }).click();
    await dialog.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await avatarOf(other, member.id)).toBe(before);
    expect(before).not.toBeNull();
  },
);

async function twoInTheLobby(server: TestServer, { isJoining = true } = {}) {
  const member = await signUp(server, { displayName: 'Ada Otter' });
  const other = await signUp(server, { displayName: 'Bo' });
  if (isJoining) await Promise.all([joinRoom(member, lobbyId), joinRoom(other, lobbyId)]);
  return { member, other };
}

/** What stands for the first person within a part of the page. */
async function pictureIn(part: Locator): Promise<{ initials: string | null; source: string | null }> {
  const avatar = part.locator('.avatar').first();
  const image = avatar.locator('img');
  return {
    initials: await avatar.getAttribute('data-initials'),
    source: (await image.count()) === 0 ? null : await image.getAttribute('src'),
  };
}

async function avatarOf(asking: Person, id: string): Promise<string | null> {
  return (await asking.ask('query ($id: ID!) { user(by: { id: $id }) { avatarUrl } }', { id })).data.user.avatarUrl;
}

/** A picture of three upright stripes, red, lime and blue: as wide as 1.5 times its height, which is `height` pixels. */
async function stripes(page: Page, height = 600, type = 'image/png'): Promise<Buffer> {
  const base64 = await page.evaluate(
    ({ height, type }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: height * 1.5, height });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      for (const [place, color] of ['red', 'lime', 'blue'].entries()) {
        context.fillStyle = color;
        context.fillRect(place * height * 0.5, 0, height * 0.5, height);
      }
      return canvas.toDataURL(type).split(',')[1] as string;
    },
    { height, type },
  );
  return Buffer.from(base64, 'base64');
}

/** Size of the picture at a path, and which of the stripes its middle is. */
function seenAt(page: Page, path: string) {
  return page.evaluate(async (path) => {
    const response = await fetch(path);
    const blob = await response.blob();
    const picture = await createImageBitmap(blob).catch(() => {
      throw new Error(`${path} is no picture: ${response.status} ${blob.type}, ${blob.size} bytes`);
    });
    const { width, height } = picture;
    const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
    context?.drawImage(picture, 0, 0);
    const [red = 0, green = 0, blue = 0] = context?.getImageData(width / 2, height / 2, 1, 1).data ?? [];
    const most = Math.max(red, green, blue);
    return { width, height, middle: most === red ? 'red' : most === green ? 'lime' : 'blue' };
  }, path);
}

async function drop(page: Page, onto: Locator, file: { name: string; type: string; bytes: Buffer }): Promise<void> {
  const { name, type, bytes } = file;
  const dataTransfer = await page.evaluateHandle(
    ({ name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type }));
      return transfer;
    },
    { name, type, base64: bytes.toString('base64') },
  );
  await onto.dispatchEvent('dragover', { dataTransfer });
  await onto.dispatchEvent('drop', { dataTransfer });
}
