/** Edits and deletions made on a page that cannot send them just now. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { goodPassword, type Member, signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { composerOf, liveIn, signInOn, textsOf, write } from './support/chat-page.ts';
import { createRoom, joinRoom, type Person, send } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const limits = { timeout: 60_000 };
const soon = { timeout: 15_000 };

test(
  'edits and deletions made offline are shown at once, survive the closing of the page, and go out once, in order, behind the send',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, roomId, page, context, visitor } = await chatting(server, ['kept', 'to go']);
    await using _ = visitor;
    await context.setOffline(true);
    await edit(page, 'kept', 'kept, once');
    await edit(page, 'kept, once', 'kept, twice');
    await itemOf(page, 'kept, twice').getByText('Not saved yet.').waitFor();
    await itemOf(page, 'to go').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Yes, delete' }).click();
    await itemOf(page, 'to go').getByText('Not deleted yet.').waitFor();
    await write(page, 'new');
    await page.locator('.draft').getByRole('button', { name: 'Edit' }).click();
    await saveAs(page, 'new and better');
    await expect.poll(() => page.locator('.draft .text').textContent()).toBe('new and better');
    await page.getByText('1 message and 4 changes wait to be sent.').waitFor();
    const next = await context.newPage();
    await page.close();

    const sent: string[] = [];
    context.on('request', (request) => {
      const named = /"query":"mutation (Send|Edit|Delete)\b/.exec(request.postData() ?? '')?.[1];
      if (named !== undefined) sent.push(named);
    });
    await context.setOffline(false);
    await next.goto(`${server.url}/#/kitchen`);
    await expect
      .poll(() => textsOf(next), soon)
      .toEqual(['kept, twice (edited)', 'This message was deleted.', 'new and better (edited)']);
    await expect.poll(() => next.locator('.failed, .sending').count(), soon).toBe(0);
    expect(sent).toEqual(['Edit', 'Edit', 'Delete', 'Send', 'Edit']);
    expect(await versionsOf(ada, roomId)).toEqual([3, 2, 2]);
  },
);

test('an edit whose answer was lost is done once', limits, async () => {
  await using server = await startServer();
  const { ada, roomId, page, visitor } = await chatting(server, ['first']);
  await using _ = visitor;
  let lost = 0;
  await page.route('**/graphql', async (route) => {
    if (lost > 0 || !route.request().postData()?.includes('editMessage')) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort();
  });
  await edit(page, 'first', 'second');
  await expect.poll(() => textsOf(page), soon).toEqual(['second (edited)']);
  await expect.poll(() => page.locator('.failed, .sending').count(), soon).toBe(0);
  expect([lost, await versionsOf(ada, roomId)]).toEqual([1, [2]]);
});

test(
  '[W8] an edit that met another one or a deletion says so with its text, over a reload too, and can be saved over the other',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, page, ids, context, visitor } = await chatting(server, ['one', 'two']);
    await using _ = visitor;
    await context.setOffline(true);
    await edit(page, 'one', 'one by the page');
    await edit(page, 'two', 'two by the page');
    await change(ada, 'editMessage', { messageId: ids[0], text: 'one by the telephone', expectedVersion: 1 });
    await change(ada, 'deleteMessage', { messageId: ids[1] });
    await context.setOffline(false);

    const conflict = itemOf(page, 'one by the telephone');
    await conflict.getByText('Not saved. You changed this message elsewhere meanwhile.').waitFor();
    await conflict.getByText('one by the page').waitFor();
    const gone = page.locator('[data-message-id]', { hasText: 'This message was deleted.' });
    await gone.getByText('two by the page').waitFor();
    await page.reload();
    await gone.getByText('Not saved. This message has been deleted.').waitFor();
    expect(await gone.getByRole('button', { name: 'Save mine' }).count()).toBe(0);
    await page.getByRole('region', { name: 'Not sent' }).getByText('two by the page').waitFor();
    await gone.getByRole('button', { name: 'Discard' }).click();
    await gone.getByText('two by the page').waitFor({ state: 'detached' });
    await conflict.getByRole('button', { name: 'Save mine' }).click();
    await expect.poll(() => textsOf(page), soon).toEqual(['one by the page (edited)', 'This message was deleted.']);
    expect(await page.getByRole('region', { name: 'Not sent' }).getByRole('listitem').count()).toBe(0);
  },
);

test(
  '[W9] a change that waits in a window is not sent under the cookie that another person has got there meanwhile',
  limits,
  async () => {
    await using server = await startServer();
    const { ada, bo, roomId, page, context, visitor } = await chatting(server, ['of Ada', 'also of Ada']);
    await using _ = visitor;
    const [cookie] = await context.cookies();
    if (cookie === undefined) throw new Error('no cookie');
    // Bo owns the room, and so may delete what Ada said.
    await context.addCookies([{ ...cookie, value: bo.token }]);
    await itemOf(page, 'also of Ada').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Yes, delete' }).click();
    await page.getByRole('navigation', { name: 'Rooms' }).getByText('Bo', { exact: true }).waitFor();
    await liveIn(page);
    await write(page, 'a word of Bo');
    await page.locator('.message.own[data-message-id]', { hasText: 'a word of Bo' }).waitFor();
    expect(await versionsOf(ada, roomId)).toEqual([1, 1, 1]);
    await context.addCookies([{ ...cookie, value: ada.token }]);
    await page.reload();
    await expect.poll(() => versionsOf(ada, roomId), soon).toEqual([1, 2, 1]);
  },
);

/** Ada on a page in the room of Bo, where she has said something; the ids of what she said. */
async function chatting(server: TestServer, texts: readonly string[]) {
  const bo = await signUp(server, { displayName: 'Bo' });
  const ada = await signUp(server, { displayName: 'Ada' });
  const roomId = await createRoom(bo, 'Kitchen');
  await joinRoom(ada, roomId);
  const ids: string[] = [];
  for (const text of texts) ids.push((await send(ada, roomId, text)).message.id);
  const visitor = await visit();
  const { page, context } = visitor;
  await page.goto(`${server.url}/#/kitchen`);
  await signInOn(page, ada.handle, goodPassword);
  await composerOf(page).waitFor();
  await liveIn(page);
  await expect.poll(() => textsOf(page)).toEqual(texts);
  return { ada, bo, roomId, ids, page, context, visitor };
}

const itemOf = (page: Page, text: string) => page.locator('[data-message-id]', { hasText: text }).first();

async function edit(page: Page, before: string, after: string): Promise<void> {
  await itemOf(page, before).getByRole('button', { name: 'Edit' }).click();
  await saveAs(page, after);
}

async function saveAs(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Edit the message' });
  await field.fill(text);
  await field.press('Enter');
  await field.waitFor({ state: 'detached' });
}

async function versionsOf(person: Person, roomId: string): Promise<number[]> {
  const { data } = await person.ask(
    'query ($id: ID!) { room(by: { id: $id }) { messages(last: 50) { nodes { version } } } }',
    { id: roomId },
  );
  return data.room.messages.nodes.map(({ version }: { version: number }) => version);
}

async function change(person: Member, name: string, input: object): Promise<void> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
  const answer = await person.ask(`mutation ($input: ${type}!) { ${name}(input: $input) { errors { code } } }`, {
    input,
  });
  if (answer.errors || answer.data[name].errors.length > 0) throw new Error(JSON.stringify(answer));
}
