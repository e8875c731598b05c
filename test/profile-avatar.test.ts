import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { pictureFormatOf } from '../src/chat/profiles/avatars-format.ts';
import { signUp } from './support/account.ts';
import { visit } from './support/browser.ts';
import { rowIdOf } from './support/history.ts';
import { LogStream } from './support/log-stream.ts';
import { startNodes } from './support/nodes.ts';
import { enterGuest, type Person } from './support/person.ts';
import { jpegOfCamera, secrets } from './support/pictures.ts';
import { startRedis } from './support/redis.ts';
import type { TestServer } from './support/server.ts';
import { expectNoLeak, startWorld, type World } from './support/world.ts';

const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const lossless = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
const kib = 1_024;

/** A PNG as far as its header goes. */
function pngOf(width: number, height: number, length = 100): Buffer {
  const bytes = Buffer.alloc(length);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world[Symbol.asyncDispose]();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
type Answer = { readonly status: number; readonly raw: string; readonly json: any };

async function put(
  { token }: Person,
  body: Buffer | string | ReadableStream,
  { server = world.server, method = 'PUT' }: { server?: { readonly url: string }; method?: string } = {},
): Promise<Answer> {
  return ask(server, { authorization: `Bearer ${token}` }, method, body);
}

async function ask(
  { url }: { readonly url: string },
  headers: Record<string, string>,
  method: string,
  body?: BodyInit | Buffer,
): Promise<Answer> {
  const init = { method, headers, duplex: 'half', ...(body !== undefined && method !== 'DELETE' && { body }) };
  const response = await fetch(`${url}/avatar`, init as RequestInit);
  const raw = await response.text();
  expectNoLeak(raw);
  return { status: response.status, raw, json: JSON.parse(raw) };
}

const avatarOf = async (person: Person, id = person.id) =>
  (await person.ask('query ($id: ID!) { user(by: { id: $id }) { avatarUrl } }', { id })).data.user.avatarUrl;

it('[L6] a picture is shown at a path that never changes, as what it is and to be run by nobody, and taken away again', async () => {
  const { server, bob } = world;
  const member = await signUp(server);
  const query = 'subscription { events { __typename cursor ... on UserUpdated { user { id avatarUrl } } } }';
  await using stream = new LogStream(server, bob, { query });
  await stream.until(({ items }) => items.length > 0);
  const path = `/avatars/${createHash('sha256').update(gif).digest('hex')}`;
  const taken = await put(member, gif);
  expect(taken).toMatchObject({ status: 200, json: { avatarUrl: path, cursor: expect.stringMatching(/^log_/) } });
  expect((await put(member, gif)).json).toEqual({ avatarUrl: path, cursor: null });
  expect(await avatarOf(bob, member.id)).toBe(path);
  await stream.until(({ events }) => events.some(({ value }) => value.user.avatarUrl === path));

  const shown = await fetch(server.url + path);
  const bytes = Buffer.from(await shown.arrayBuffer());
  expect(pictureFormatOf(bytes)).toEqual({ mediaType: 'image/webp', width: 1, height: 1 });
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-type': 'image/webp',
    'content-length': String(bytes.length),
    'content-disposition': 'inline',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  const etag = shown.headers.get('etag') ?? '';
  expect((await fetch(server.url + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  const head = await fetch(server.url + path, { method: 'HEAD' });
  expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0]);

  expect((await put(member, gif, { method: 'DELETE' })).json).toMatchObject({ avatarUrl: null });
  expect(await avatarOf(bob, member.id)).toBeNull();
  const seen = stream.events.filter(({ value }) => value.user.id === member.id);
  expect(seen.length).toBeLessThanOrEqual(2);
  for (const none of [`/avatars/${'0'.repeat(64)}`, '/avatars/', `${path}/x`, '/avatars/..%2f..%2fpackage.json']) {
    const missing = await fetch(server.url + none);
    expect([none, missing.status, missing.headers.get('cache-control')]).toEqual([none, 404, 'no-store']);
  }
});

it('[L6] what a camera wrote into a picture is neither kept nor shown, also of one from before this was so', async () => {
  const { server } = world;
  const { database } = server;
  const [member, earlier] = [await signUp(server), await signUp(server)];
  const sent = await jpegOfCamera(80, 60);
  const found = (bytes: Buffer) => secrets.filter((secret) => bytes.includes(secret));
  expect(found(sent)).toEqual([...secrets]);
  const { avatarUrl } = (await put(member, sent)).json;
  const shownAt = async (path: string) => {
    const response = await fetch(server.url + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    return Buffer.from(await response.arrayBuffer());
  };
  const keptAt = async (path: string) =>
    (await database.query<{ bytes: Buffer }>('SELECT bytes FROM avatar WHERE hash = $1', [path.slice(9)]))[0]?.bytes;
  expect(found(await shownAt(avatarUrl))).toEqual([]);
  expect(await keptAt(avatarUrl)).toEqual(await shownAt(avatarUrl));

  const old = await jpegOfCamera(80, 61);
  const hash = createHash('sha256').update(old).digest('hex');
  await database.query('INSERT INTO avatar (hash, media_type, bytes, taken_at) VALUES ($1, $2, $3, now())', [
    hash,
    'image/jpeg',
    old,
  ]);
  await database.query('UPDATE user_account SET avatar_hash = $1 WHERE id = $2', [hash, rowIdOf(earlier.id)]);
  expect(await avatarOf(earlier)).toBe(`/avatars/${hash}`);
  const shown = await shownAt(`/avatars/${hash}`);
  expect(found(shown)).toEqual([]);
  expect(await keptAt(`/avatars/${hash}`)).toEqual(shown);
  expect((await sharp(shown).metadata()).height).toBe(61);

  const damaged = old.subarray(0, 1_500);
  const damagedHash = createHash('sha256').update(damaged).digest('hex');
  await database.query(`INSERT INTO avatar (hash, media_type, bytes, taken_at) VALUES ($1, 'image/jpeg', $2, now())`, [
    damagedHash,
    damaged,
  ]);
  expect((await fetch(`${server.url}/avatars/${damagedHash}`)).status).toBe(404);
  // It may have been for want of time alone: what is somebody's is not thrown away.
  expect(await keptAt(`/avatars/${damagedHash}`)).toEqual(damaged);
});

describe('[L6] refused, with nothing kept:', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const big = pngOf(64, 64, 512 * kib + 1);
  const refused: readonly (readonly [string, Buffer | string, number, string])[] = [
    ['SVG', svg, 400, 'BAD_REQUEST'],
    ['HTML', `<!doctype html>${svg}`, 400, 'BAD_REQUEST'],
    ['nothing', '', 400, 'BAD_REQUEST'],
    ['half a header', gif.subarray(0, 8), 400, 'BAD_REQUEST'],
    ['JPEG without a frame', Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'), 400, 'BAD_REQUEST'],
    [
      'JPEG of endless segments',
      Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(4_000, Buffer.from('ffe00002', 'hex'))]),
      400,
      'BAD_REQUEST',
    ],
    ['a header alone', pngOf(30, 70), 400, 'BAD_REQUEST'],
    ['no pixels', pngOf(0, 10), 400, 'BAD_REQUEST'],
    ['too many pixels', pngOf(2_049, 10), 400, 'BAD_REQUEST'],
    ['too many bytes', big, 413, 'BODY_TOO_LARGE'],
  ];

  it.each(refused)('%s', async (_name, body, status, code) => {
    const member = await signUp(world.server);
    const answer = await put(member, body);
    expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([status, code]);
    expect(await avatarOf(member)).toBeNull();
  });

  it('too many bytes without a word of how many', async () => {
    const member = await signUp(world.server);
    const chunk = pngOf(64, 64, 128 * kib);
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 5; n++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const answer = await put(member, body).catch(() => null);
    // Cut while it was still sending, or told.
    if (answer) expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await avatarOf(member)).toBeNull();
  });

  it('guests, strangers, tokens without the scope, and pages of other origins', async () => {
    const { server } = world;
    const [guest, member] = [await enterGuest(server, 'Guest'), await signUp(server)];
    const tokenWith = async (scope: string) => {
      const made = `mutation { createApiToken(input: { name: "Script", scopes: [${scope}] }) { token errors { code } } }`;
      return `Bearer ${(await member.ask(made)).data.createApiToken.token}`;
    };
    const cookie = `parley_session=${member.token}`;
    const asked: readonly (readonly [Record<string, string>, number, string])[] = [
      [{}, 401, 'UNAUTHENTICATED'],
      [{ authorization: `Bearer ${guest.token}` }, 403, 'ACCOUNT_REQUIRED'],
      [{ authorization: await tokenWith('WRITE') }, 403, 'SCOPE_MISSING'],
      [{ cookie, origin: 'https://elsewhere.example' }, 403, 'ORIGIN_REFUSED'],
    ];
    for (const [headers, status, code] of asked) {
      const answer = await ask(server, headers, 'PUT', gif);
      expect([answer.status, answer.json.errors[0].extensions.code]).toEqual([status, code]);
    }
    const own = await jpegOfCamera(30, 70);
    expect((await ask(server, { authorization: `Bearer ${guest.token}` }, 'PUT', own)).status).toBe(403);
    const hash = createHash('sha256').update(own).digest('hex');
    expect(await server.database.query('SELECT 1 FROM avatar WHERE hash = $1', [hash])).toEqual([]);
    const preflight = { origin: 'https://elsewhere.example', 'access-control-request-method': 'PUT' };
    const granted = await fetch(`${server.url}/avatar`, { method: 'OPTIONS', headers: preflight });
    expect(granted.headers.get('access-control-allow-origin')).toBeNull();
    expect(await avatarOf(member)).toBeNull();
    expect((await ask(server, { authorization: await tokenWith('PROFILE') }, 'PUT', gif)).status).toBe(200);
    expect((await ask(server, { cookie, origin: server.url }, 'PUT', lossless)).status).toBe(200);
    expect((await fetch(`${server.url}/avatar`, { method: 'POST', body: gif })).status).toBe(405);
  });
});

it('[L6] every node has it, pictures of all formats as a browser makes them show in a page, and those of deleted accounts go', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const { nodes } = await startNodes([{ redisUrl: redis.url }, { redisUrl: redis.url }]);
  const [here, there] = nodes as readonly TestServer[] as readonly [TestServer, TestServer];
  const member = await signUp(here);
  await using visitor = await visit();
  const { page } = visitor;
  await page.goto(`${there.url}/health/live`);
  for (const type of ['image/png', 'image/jpeg', 'image/webp']) {
    const made = await page.evaluate((wanted) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 48, height: 36 });
      canvas.getContext('2d')?.fillRect(4, 4, 20, 20);
      return canvas.toDataURL(wanted);
    }, type);
    expect(made.startsWith(`data:${type};`)).toBe(true);
    const { status, json } = await put(member, Buffer.from(made.split(',')[1] as string, 'base64'), { server: here });
    expect(status).toBe(200);
    const response = await fetch(there.url + json.avatarUrl);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const size = await page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, json.avatarUrl);
    expect(size).toEqual([48, 36]);
  }
  const path = await avatarOf(member);
  const input = { password: member.password };
  await member.ask('mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { errors { code } } }', {
    input,
  });
  expect(await avatarOf(await enterGuest(here, 'Reader'), member.id)).toBeNull();
  await here.database.query(`UPDATE avatar SET taken_at = taken_at - interval '11 minutes'`);
  await there.stop();
  await there.start();
  // Asked for before it is gone, it would be shown for a minute.
  await expect.poll(() => here.database.query('SELECT 1 FROM avatar')).toEqual([]);
  expect((await fetch(there.url + path)).status).toBe(404);
});
