/** People removed from a private room, signed out, or without their token from one moment to the next, while others write. */
import { signUp } from '../test/support/account.ts';
import { makeProgram, revokeToken } from '../test/support/api-token.ts';
import { createRoom, enterGuest, type Person } from '../test/support/person.ts';
import { ServerHome, until } from '../test/support/process.ts';
import { connect } from '../test/support/ws-client.ts';
import { type Finding, none, quietRates } from './resume-part.ts';
import { Writers } from './resume-writers.ts';

const document = `subscription { events {
  __typename cursor ... on MessageSent { message { text } } ... on StreamEnded { end { code } }
} }`;
const perSecond = 200;

type Ending = 'removed' | 'signed out' | 'token revoked';

interface Watcher {
  readonly userId: string;
  readonly ending: Ending;
  readonly texts: string[];
  readonly end: () => Promise<void>;
  readonly close: () => void;
}

export async function revocations(count: number): Promise<Finding[]> {
  await using home = new ServerHome();
  await home.start(quietRates);
  const owner = await enterGuest(home, 'Owner');
  const roomId = await createRoom(owner, 'Secret', 'PRIVATE');
  const watchers: Watcher[] = [];
  for (let n = 0; n < count; n += 1) watchers.push(await watch(home, owner, roomId, endings[n % 4] as Ending));
  await using writers = await Writers.begin({ url: home.url, person: owner, roomIds: [roomId], perSecond });
  await writers.goesOn(perSecond);
  for (const { end } of watchers) await end();
  await writers.goesOn(perSecond);
  await writers.end();
  const faults = await judge(home, watchers);
  for (const { close } of watchers) close();
  const counted = (ending: Ending) => watchers.filter((one) => one.ending === ending).length;
  return [
    none('people who saw a message behind their end', faults.late, count),
    none('people who missed one before it', faults.missing, count),
    {
      figure: 'removals, sign-outs, revoked tokens',
      found: `${counted('removed')}, ${counted('signed out')}, ${counted('token revoked')}`,
      allowed: `${count} together`,
      isKept: watchers.length === count,
    },
  ];
}

const endings: readonly Ending[] = ['removed', 'signed out', 'removed', 'token revoked'];

async function watch(home: ServerHome, owner: Person, roomId: string, ending: Ending): Promise<Watcher> {
  const member = ending === 'token revoked' ? await signUp(home) : await enterGuest(home, 'Guest');
  await done(owner, 'addMember', { roomId, userId: member.id });
  const reader = ending === 'token revoked' ? await makeProgram(home, member) : member;
  const client = await connect(home.url, { connectionParams: { token: reader.token } });
  const stream = client.subscribe(document);
  await stream.next();
  const texts: string[] = [];
  void (async () => {
    for (;;) {
      const result = await stream.next().catch(() => null);
      if (result === null) return;
      const { message } = result.data.events;
      if (message) texts.push(message.text);
    }
  })();
  const end = async () => {
    if (ending === 'removed') return done(owner, 'removeMember', { roomId, userId: member.id });
    if ('tokenId' in reader) await revokeToken(member, String(reader.tokenId));
    else await member.ask('mutation { signOut { signedOut } }');
    await client.closed;
  };
  return { userId: member.id, ending, texts, end, close: () => client.socket.terminate() };
}

async function done(person: Person, mutation: string, input: object): Promise<void> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const answer = await person.ask(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code message } } }`,
    { input },
  );
  if (answer.data?.[mutation]?.errors.length !== 0) throw new Error(JSON.stringify(answer));
}

/** By the log: each has what was sent before their end, and nothing of what was sent behind it. */
async function judge(home: ServerHome, watchers: readonly Watcher[]): Promise<{ late: number; missing: number }> {
  const sent = await home.query<{ position: number; text: string }>(
    'SELECT position::float8 AS position, text FROM message ORDER BY position',
  );
  const ends = await home.query<{ userId: string; position: number }>(
    `SELECT 'user_' || replace(coalesce(user_id::text, body ->> 'userId'), '-', '') AS "userId", min(position)::float8 AS position
     FROM event WHERE kind IN ('CREDENTIALS_ENDED', 'MEMBER_LEFT') GROUP BY 1`,
  );
  const endOf = new Map(ends.map(({ userId, position }) => [userId, position]));
  let [late, missing] = [0, 0];
  for (const { userId, texts } of watchers) {
    const end = endOf.get(userId);
    if (end === undefined) throw new Error(`the log has no end of ${userId}`);
    const before = sent.filter(({ position }) => position < end).map(({ text }) => text);
    await until(() => texts.length >= before.length, 10_000).catch(() => undefined);
    if (texts.length > before.length) late += 1;
    if (before.some((text, at) => texts[at] !== text)) missing += 1;
  }
  return { late, missing };
}
