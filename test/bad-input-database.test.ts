import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, fault, openDoor, type SocketDoor } from './support/doors.ts';
import { send, sendMutation } from './support/person.ts';
import { mountSmallDisk, type PrivatePostgres, startPrivatePostgres } from './support/private-postgres.ts';
import { startServer } from './support/server.ts';
import { startWorld, type World } from './support/world.ts';
import { connect, type Subscription } from './support/ws-client.ts';

const NOT_DONE = { outcome: 'NOT_DONE' };
const messagesStream = `subscription ($id: ID!) { messages(roomId: $id) { kind isCaughtUp message { text } } }`;
const historyQuery = 'query ($id: ID!) { room(by: { id: $id }) { messages(last: 100) { nodes { text } } } }';

const statusOf = async (url: string, path: string) => (await fetch(`${url}/health/${path}`)).status;

async function historyOf({ ann, roomId }: World): Promise<string[]> {
  const { data } = await ann.ask(historyQuery, { id: roomId });
  return data.room.messages.nodes.map(({ text }: { text: string }) => text);
}

const inputOf = ({ roomId }: World, text: string, clientKey?: string) => ({
  input: { roomId, text, ...(clientKey === undefined ? {} : { clientKey }) },
});

/** Texts that a stream of messages delivers, up to and with the given one. */
async function textsUntil(stream: Subscription, last: string): Promise<string[]> {
  const results = await stream.until(({ data }) => data.messages.message?.text === last);
  return results.flatMap(({ data }) => data.messages.message?.text ?? []);
}

describe('a database that goes away and comes back, or takes no writes', () => {
  let postgres: PrivatePostgres;
  let world: World;
  let socket: SocketDoor;
  let http: Door;
  let stream: Subscription;

  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    world = await startWorld({ database: postgres.database, committer: { settleMs: 700 } });
    const { server, ann, roomId } = world;
    socket = (await openDoor('WebSocket', server.url, ann.token)) as SocketDoor;
    http = await openDoor('HTTP', server.url, ann.token);
    stream = socket.client.subscribe(messagesStream, { id: roomId });
    await stream.until(({ data }) => data.messages.isCaughtUp);
  });
  afterAll(async () => {
    await socket[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  it('[W6] [E2] gone: all is UNAVAILABLE and nothing done; back: all works, and open streams miss nothing', async () => {
    const { server, ann, roomId } = world;
    const { url } = server;
    // A second node on the same database, which waits for it longer.
    await using patient = await startServer({ database: postgres.database });
    await using patientSocket = await connect(patient.url, { connectionParams: { token: ann.token } });
    expect(await statusOf(url, 'ready')).toBe(200);

    await postgres.stop();
    fault('UNAVAILABLE', NOT_DONE)(await socket.ask(sendMutation, inputOf(world, 'never', 'never')));
    fault('UNAVAILABLE')(await http.ask(sendMutation, inputOf(world, 'never')));
    fault('UNAVAILABLE')(await http.ask(historyQuery, { id: roomId }));
    fault('UNAVAILABLE')(await socket.ask(historyQuery, { id: roomId }));
    fault('UNAVAILABLE')(await socket.refused(messagesStream, { id: roomId }));
    await expect(connect(url, { connectionParams: { token: ann.token } })).rejects.toThrow('1013');
    expect([await statusOf(url, 'ready'), await statusOf(url, 'live')]).toEqual([503, 200]);
    const waiting = patientSocket.request(sendMutation, inputOf(world, 'sent while it was gone', 'patient'));

    await postgres.start();
    expect((await waiting).data.sendMessage).toMatchObject({ errors: [], replayed: false });
    await expect.poll(() => statusOf(url, 'ready')).toBe(200);
    expect((await socket.ask(sendMutation, inputOf(world, 'over the socket'))).data.sendMessage.errors).toEqual([]);
    expect((await http.ask(sendMutation, inputOf(world, 'over HTTP', 'never'))).data.sendMessage.errors).toEqual([]);
    const sent = ['sent while it was gone', 'over the socket', 'over HTTP'];
    expect(await textsUntil(stream, 'over HTTP')).toEqual(sent);
    expect(await historyOf(world)).toEqual(['the first', ...sent]);
    expect(world.bugs).toEqual([]);
  });

  it('[W6] gone in the midst of a commit: the outcome is UNKNOWN, and the key settles it', async () => {
    await postgres.database.query(`
      CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.text = 'in doubt') EXECUTE FUNCTION linger()`);
    const doubtful = socket.ask(sendMutation, inputOf(world, 'in doubt', 'in-doubt'));
    await expect
      .poll(() =>
        postgres.database.query("SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"),
      )
      .toHaveLength(1);
    await postgres.stop();
    fault('UNAVAILABLE', { outcome: 'UNKNOWN' })(await doubtful);

    await postgres.start();
    await postgres.database.query('DROP TRIGGER linger ON message');
    await expect.poll(() => statusOf(world.server.url, 'ready')).toBe(200);
    expect((await socket.ask(sendMutation, inputOf(world, 'in doubt', 'in-doubt'))).data.sendMessage.errors).toEqual(
      [],
    );
    expect((await http.ask(sendMutation, inputOf(world, 'in doubt', 'in-doubt'))).data.sendMessage.replayed).toBe(true);
    expect((await historyOf(world)).filter((text) => text === 'in doubt')).toHaveLength(1);
    expect(await textsUntil(stream, 'in doubt')).toEqual(['in doubt']);
    expect(world.bugs).toEqual([]);
  });

  it('[W6] [E2] read-only: writes are UNAVAILABLE and not done, reads and streams go on', async () => {
    const enter = 'mutation { enterAsGuest(input: { displayName: "Late" }) { token errors { code } } }';
    const readOnly = async (value: 'on' | 'off') => {
      await postgres.database.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await postgres.database.query('SELECT pg_reload_conf()');
      await expect
        .poll(() =>
          postgres.database.query<{ value: string }>(
            "SELECT current_setting('default_transaction_read_only') AS value",
          ),
        )
        .toEqual([{ value }]);
    };
    const before = await world.content();
    await readOnly('on');
    for (const door of [http, socket]) {
      fault('UNAVAILABLE', NOT_DONE)(await door.ask(sendMutation, inputOf(world, 'never')));
      fault('UNAVAILABLE')(await door.ask(enter));
      expect((await door.ask(historyQuery, { id: world.roomId })).errors).toBeUndefined();
    }
    expect(await statusOf(world.server.url, 'live')).toBe(200);
    expect(await world.content()).toEqual(before);
    await readOnly('off');
    expect((await http.ask(sendMutation, inputOf(world, 'written again'))).data.sendMessage.errors).toEqual([]);
    expect(await textsUntil(stream, 'written again')).toEqual(['written again']);
    expect(world.bugs).toEqual([]);
  });
});

const smallDisk = mountSmallDisk(256);
afterAll(() => smallDisk?.[Symbol.dispose]());
// Where nothing may be mounted, PostgreSQL itself is made to say what it says of a full disk.
const how = smallDisk
  ? 'a disk that is full'
  : 'a disk that PostgreSQL is made to call full (mounting one is not permitted here)';

describe(how, () => {
  it('[W6] [E2] makes writes UNAVAILABLE and not done; reads go on, and with space so do writes', async () => {
    await using postgres = await startPrivatePostgres(smallDisk ? `${smallDisk.path}/data` : undefined);
    await using world = await startWorld({ database: postgres.database, committer: { settleMs: 700 } });
    const { server, ann, roomId } = world;
    await using socket = await openDoor('WebSocket', server.url, ann.token);
    await using http = await openDoor('HTTP', server.url, ann.token);
    const stream = (socket as SocketDoor).client.subscribe(messagesStream, { id: roomId });
    await stream.until(({ data }) => data.messages.isCaughtUp);
    await postgres.database.query('CHECKPOINT');

    if (smallDisk) smallDisk.fill();
    else {
      await postgres.database.query(`
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql
          AS 'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''disk_full''; END';
        CREATE TRIGGER full_disk BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION full_disk()`);
    }
    const texts: string[] = [];
    let refused = 0;
    // What fits into pages that are there already is still written; then each is refused, at once.
    for (let count = 0; refused < 4; count += 1) {
      const door = count % 2 === 0 ? http : socket;
      const text = `${count} ${Array.from({ length: 3_900 }, () => randomLetter()).join('')}`;
      const reply = await door.ask(sendMutation, inputOf(world, text));
      if (reply.errors === undefined) texts.push(text);
      else {
        fault('UNAVAILABLE', NOT_DONE)(reply);
        refused += 1;
      }
      expect(count).toBeLessThan(100);
    }
    expect(await historyOf(world)).toEqual(['the first', ...texts]);
    expect(await statusOf(server.url, 'live')).toBe(200);

    if (smallDisk) smallDisk.free();
    else await postgres.database.query('DROP TRIGGER full_disk ON message');
    expect((await http.ask(sendMutation, inputOf(world, 'space again'))).data.sendMessage.errors).toEqual([]);
    expect((await socket.ask(sendMutation, inputOf(world, 'space again too'))).data.sendMessage.errors).toEqual([]);
    const sent = [...texts, 'space again', 'space again too'];
    expect(await textsUntil(stream, 'space again too')).toEqual(sent);
    expect(await historyOf(world)).toEqual(['the first', ...sent]);
    expect(world.bugs).toEqual([]);
  });
});

/** Of so many letters that no compression makes the text small. */
function randomLetter(): string {
  return String.fromCodePoint(0x4e00 + Math.floor(Math.random() * 20_000));
}

describe('a statement that fails', () => {
  it('[W3] takes down the one command that it is about: its neighbours in the batch are done', async () => {
    await using world = await startWorld();
    const { server, ann, roomId, bugs } = world;
    await server.database.query(`
      CREATE SEQUENCE culprit_tries;
      CREATE FUNCTION refuse_culprit() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM nextval(''culprit_tries''); RAISE EXCEPTION ''secret of the database''; END';
      CREATE TRIGGER refuse_culprit BEFORE INSERT ON message
        FOR EACH ROW WHEN (NEW.text = 'culprit') EXECUTE FUNCTION refuse_culprit()`);
    await using socket = await ann.connect();
    const stream = socket.subscribe(messagesStream, { id: roomId });
    await stream.until(({ data }) => data.messages.isCaughtUp);

    const texts = Array.from({ length: 21 }, (_, index) => (index === 10 ? 'culprit' : `neighbour ${index}`));
    socket.tcp.cork();
    const sending = texts.map((text, index) => socket.request(sendMutation, inputOf(world, text, `key-${index}`)));
    socket.tcp.uncork();
    const answers = await Promise.all(sending);

    const [culprit] = answers.splice(10, 1);
    expect(culprit.data).toBeNull();
    expect(culprit.errors).toHaveLength(1);
    const { code, id } = culprit.errors[0].extensions;
    expect([code, id]).toEqual(['INTERNAL', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(JSON.stringify(culprit)).not.toContain('secret');
    expect(bugs).toEqual([expect.objectContaining({ id })]);
    const neighbours = texts.filter((text) => text !== 'culprit');
    expect(answers.map(({ data }) => data.sendMessage)).toEqual(
      neighbours.map((text) => expect.objectContaining({ message: expect.objectContaining({ text }), errors: [] })),
    );
    // It failed more than once: it had neighbours, and was split out.
    const [tries] = await server.database.query<{ count: string }>('SELECT last_value AS count FROM culprit_tries');
    expect(Number(tries?.count)).toBeGreaterThan(2);

    expect((await historyOf(world)).slice(1).sort()).toEqual([...neighbours].sort());
    const delivered = new Set<string>();
    while (delivered.size < neighbours.length) {
      const { data } = await stream.next();
      if (data.messages.kind === 'SENT') delivered.add(data.messages.message.text);
    }
    expect([...delivered]).toEqual((await historyOf(world)).slice(1));
    const [log] = await server.database.query<{ head: number; count: number; keys: number }>(
      `SELECT max(position)::int AS head, count(*)::int AS count,
         (SELECT count(*)::int FROM client_key WHERE key LIKE 'key-%') AS keys FROM event`,
    );
    expect(log).toMatchObject({ head: log?.count, keys: neighbours.length });

    const again = await send(ann, roomId, 'the culprit, with better words', 'key-10');
    expect(again).toMatchObject({ replayed: false, errors: [] });
  });
});
