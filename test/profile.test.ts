import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUp } from './support/account.ts';
import { doorNames, openDoor, refusal } from './support/doors.ts';
import { LogStream } from './support/log-stream.ts';
import { enterGuest, post } from './support/person.ts';
import { startWorld, type World } from './support/world.ts';

const fields = 'id displayName bio pronouns timeZone status { text emoji expiresAt }';
const update = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
  user { ${fields} } cursor replayed errors { code path message }
} }`;
const show = `query ($id: ID!) { user(by: { id: $id }) { ${fields} } }`;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  expect(world.bugs).toEqual([]);
  await world[Symbol.asyncDispose]();
});

describe.each(doorNames)('over %s', (name) => {
  it('[L1] what people tell of themselves is kept trimmed, shown to who is signed in, and changed or cleared field by field', async () => {
    const { server } = world;
    const member = await signUp(server);
    const stranger = await enterGuest(server, 'Stranger');
    await using door = await openDoor(name, server.url, member.token);
    const status = { text: 'By the river', emoji: '🏳️‍🌈' };
    const told = { bio: 'Two\nlines.', pronouns: 'they/them', timeZone: 'Europe/Berlin', status };
    const hour = { ...status, expiresInSeconds: 3_600 };
    const asked = { ...told, bio: ' Two\nlines. ', timeZone: 'europe/berlin', status: hour };
    const askedAt = Date.now();
    const changed = (await door.ask(update, { input: asked })).data.updateProfile;
    expect(changed).toMatchObject({ user: { id: member.id, displayName: 'Otter', ...told }, errors: [] });
    const shown = (await stranger.ask(show, { id: member.id })).data.user;
    expect(shown).toEqual(changed.user);
    const inMs = Date.parse(shown.status.expiresAt) - askedAt;
    expect(Math.abs(inMs - 3_600_000)).toBeLessThan(30_000);
    const signedOut = await post(server.url, show, { id: member.id });
    expect(signedOut.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');

    const input = { bio: '  ', pronouns: null, status: null };
    const cleared = (await door.ask(update, { input })).data.updateProfile;
    expect(cleared.user).toMatchObject({ bio: null, pronouns: null, status: null, timeZone: 'Europe/Berlin' });
    expect((await door.ask(show, { id: member.id })).data.user).toEqual(cleared.user);
  });

  it('[L1] a profile that is no other writes nothing, and a key that was used before gives the same again', async () => {
    const { server } = world;
    const member = await signUp(server);
    await using door = await openDoor(name, server.url, member.token);
    const input = { bio: 'Early riser.', status: { text: 'here', emoji: '🌿' } };
    const first = (await door.ask(update, { input: { ...input, clientKey: `bio-${name}` } })).data.updateProfile;
    expect(first).toMatchObject({ replayed: false, errors: [] });
    const before = await world.content();
    const again = (await door.ask(update, { input: { ...input, clientKey: `bio-${name}` } })).data.updateProfile;
    expect(again).toEqual({ ...first, replayed: true });
    const same = (await door.ask(update, { input })).data.updateProfile;
    expect(same).toMatchObject({ user: first.user, cursor: null, errors: [] });
    expect(await world.content()).toEqual(before);
    const other = await door.ask(update, { input: { bio: 'Late riser.', clientKey: `bio-${name}` } });
    refusal('updateProfile', 'KEY_CONFLICT', ['input', 'clientKey'])(other);
  });

  it('[L1] what cannot be shown is refused by its own code, and nothing of it is kept', async () => {
    const { server } = world;
    const member = await signUp(server);
    await using door = await openDoor(name, server.url, member.token);
    const before = await world.content();
    const refused: readonly (readonly [object, string, readonly string[]])[] = [
      [{ bio: 'x'.repeat(501) }, 'BIO_INVALID', ['input', 'bio']],
      [{ bio: 'a\u0000b' }, 'BIO_INVALID', ['input', 'bio']],
      [{ bio: '\u200b' }, 'BIO_INVALID', ['input', 'bio']],
      [{ pronouns: 'x'.repeat(41) }, 'PRONOUNS_INVALID', ['input', 'pronouns']],
      [{ pronouns: 'two\nlines' }, 'PRONOUNS_INVALID', ['input', 'pronouns']],
      [{ timeZone: 'Europe/Atlantis' }, 'TIME_ZONE_INVALID', ['input', 'timeZone']],
      [{ timeZone: '+01:00' }, 'TIME_ZONE_INVALID', ['input', 'timeZone']],
      [{ timeZone: 'x'.repeat(65) }, 'TIME_ZONE_INVALID', ['input', 'timeZone']],
      [{ status: { text: ' ' } }, 'STATUS_INVALID', ['input', 'status', 'text']],
      [{ status: { text: 'x'.repeat(101) } }, 'STATUS_INVALID', ['input', 'status', 'text']],
      [{ status: { text: 'here', emoji: 'ab' } }, 'STATUS_INVALID', ['input', 'status', 'emoji']],
      [{ status: { text: 'here', emoji: '🌿🌿' } }, 'STATUS_INVALID', ['input', 'status', 'emoji']],
      [{ status: { text: 'here', expiresInSeconds: 0 } }, 'STATUS_INVALID', ['input', 'status', 'expiresInSeconds']],
      [{ status: { text: 'here', expiresInSeconds: 1e9 } }, 'STATUS_INVALID', ['input', 'status', 'expiresInSeconds']],
    ];
    for (const [wrong, code, path] of refused) {
      const answer = await door.ask(update, { input: { displayName: 'Another', ...wrong } });
      refusal('updateProfile', code, path)(answer);
    }
    expect(await world.content()).toEqual(before);
    // Code points count, not UTF-16 units.
    const full = { bio: '𝒳'.repeat(500), pronouns: '𝒳'.repeat(40), status: { text: '𝒳'.repeat(100), emoji: '❤' } };
    expect((await door.ask(update, { input: full })).data.updateProfile).toMatchObject({ user: full, errors: [] });
  });
});

it('[U8] [L1] a change is one event to everyone signed in, with the profile as it is', async () => {
  const { server } = world;
  const member = await signUp(server);
  const query = 'subscription { events { __typename cursor ... on UserUpdated { user { id displayName bio } } } }';
  await using stream = new LogStream(server, await enterGuest(server, 'Stranger'), { query });
  await stream.until(({ items }) => items.length > 0);
  await member.ask(update, { input: { displayName: 'Vole', bio: 'Digs.' } });
  await member.ask(update, { input: { bio: 'Swims.' } });
  await stream.until(({ events }) => events.some(({ value }) => value.user.bio === 'Swims.'));
  const seen = stream.events.filter(({ value }) => value.user.id === member.id);
  expect(seen.map(({ kind }) => kind)).toEqual(['UserUpdated', 'UserUpdated']);
});

it('[L1] a status is over when its time has come', async () => {
  const { server } = world;
  const member = await signUp(server);
  await member.ask(update, { input: { status: { text: 'here', expiresInSeconds: 60 } } });
  expect((await member.ask(show, { id: member.id })).data.user.status).toMatchObject({ text: 'here', emoji: null });
  await server.database.query(`UPDATE user_profile SET status_expires_at = now() - interval '1 ms'`);
  expect((await member.ask(show, { id: member.id })).data.user.status).toBeNull();
});
