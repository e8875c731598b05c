import { expect, test } from 'vitest';
import { visit } from './support/browser.ts';
import { messagesQuery } from './support/log-stream.ts';
import { createRoom, enterGuest, send } from './support/person.ts';
import { startServer } from './support/server.ts';

interface EventsInPage {
  readonly texts: string[];
  readonly kinds: string[];
  readonly errors: string[];
  opened: number;
  completed: number;
}

const enterMutation = `mutation { enterAsGuest(input: { displayName: "Visitor", credential: COOKIE }) { errors { code } } }`;

test('[S1][S2][S3] EventSource of a browser reads with its cookie, comes back after a restart and misses nothing, and hears why it is refused', async () => {
  await using server = await startServer();
  const writer = await enterGuest(server, 'writer');
  const roomId = await createRoom(writer, 'room');
  await send(writer, roomId, 'first');
  await using visitor = await visit();
  const { page } = visitor;
  await page.goto(`${server.url}/health/live`);
  await page.evaluate(async (query) => {
    const headers = { 'content-type': 'application/json' };
    await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
  }, enterMutation);

  /** Opens an EventSource in the page, and keeps what it says under a name. */
  const open = (name: string, query: string, variables: object) =>
    page.evaluate(
      ([name, query, variables]) => {
        const seen: EventsInPage = { texts: [], kinds: [], errors: [], opened: 0, completed: 0 };
        Object.assign(window, { [name]: seen });
        const source = new EventSource(`/graphql?${new URLSearchParams({ query, variables })}`);
        source.addEventListener('open', () => {
          seen.opened += 1;
        });
        source.addEventListener('next', ({ data }) => {
          const result = JSON.parse(data);
          for (const { extensions } of result.errors ?? []) seen.errors.push(extensions.code);
          const item = result.data?.messages;
          if (item) seen.kinds.push(item.end?.code ?? item.kind);
          if (item?.message) seen.texts.push(item.message.text);
        });
        source.addEventListener('complete', () => {
          seen.completed += 1;
          source.close();
        });
      },
      [name, query, JSON.stringify(variables)] as const,
    );
  const seenBy = (name: string) =>
    page.evaluate((name) => (window as unknown as Record<string, EventsInPage>)[name] as EventsInPage, name);

  await open('messages', messagesQuery, { roomId, last: 10 });
  await expect.poll(async () => (await seenBy('messages')).texts).toEqual(['first']);
  await send(writer, roomId, 'second');
  await expect.poll(async () => (await seenBy('messages')).texts).toEqual(['first', 'second']);
  await server.stop();
  await server.start();
  await send(writer, roomId, 'third');
  await expect
    .poll(async () => (await seenBy('messages')).texts, { timeout: 10_000 })
    .toEqual(['first', 'second', 'third']);
  const seen = await seenBy('messages');
  expect(seen).toMatchObject({ opened: 2, completed: 0, errors: [] });
  expect(seen.kinds).toContain('SERVER_STOPPING');

  await open('refused', messagesQuery, { roomId: 'nowhere' });
  await expect.poll(async () => (await seenBy('refused')).completed).toBe(1);
  expect(await seenBy('refused')).toMatchObject({ opened: 1, errors: ['NOT_FOUND'] });
});
