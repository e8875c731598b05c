import type { Command, CommandInputs, Verb } from '../chat/command.ts';
import type { MemberId, MessageId, UserId } from '../chat/model.ts';
import type { Queryable } from '../db/queryable.ts';
import { demoLines, demoPeople, demoRooms } from './script.ts';

export interface SeedOptions {
  readonly database: Queryable;
  /** Writes a command at a time of the past. */
  readonly submit: (command: Command, at: number) => Promise<unknown>;
  readonly newId: () => string;
  readonly now: number;
}

const MESSAGES_PER_ROOM = 60;
/** The history ends a few minutes ago and goes back some days. */
const STEP_MS = 47 * 60_000;

const peopleSql = `
  INSERT INTO user_account (id, handle, display_name, is_guest, is_bot, created_at)
  SELECT id, handle, display_name, false, is_bot, $5
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bool[]) AS person(id, handle, display_name, is_bot)
  ON CONFLICT DO NOTHING`;

const lastRoom = demoRooms[demoRooms.length - 1] as (typeof demoRooms)[number];

/** True where the database has no rooms, or where seeding was cut short: its first room is there, its end is not. */
export async function lacksDemo(database: Queryable): Promise<boolean> {
  const [found] = await database.query<{ isUnused: boolean; isBegun: boolean; isDone: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM room) AS "isUnused",
       EXISTS (SELECT FROM room WHERE id = $1) AS "isBegun",
       EXISTS (SELECT FROM client_key WHERE key = $2 AND user_id = ANY($3::uuid[])) AS "isDone"`,
    [demoRooms[0].id, `seed-${lastRoom.slug}-${MESSAGES_PER_ROOM - 1}`, demoPeople.map((person) => person.id)],
  );
  return found !== undefined && (found.isUnused || (found.isBegun && !found.isDone));
}

/** Rooms with fixed ids, people and a history. Every command has a key: seeding again after a kill adds what lacks. */
export async function seedDemo(options: SeedOptions): Promise<void> {
  const { database, newId, now } = options;
  const begin = now - MESSAGES_PER_ROOM * STEP_MS - STEP_MS;
  await database.query(peopleSql, [
    demoPeople.map((person) => person.id),
    demoPeople.map((person) => person.handle),
    demoPeople.map((person) => person.displayName),
    demoPeople.map((person) => person.isBot),
    new Date(begin),
  ]);
  const owner = demoPeople[1].id;

  function write<V extends Verb>(verb: V, actorId: UserId, input: CommandInputs[V], at: number): Promise<unknown> {
    const command = {
      verb,
      actorId,
      credentialId: null,
      input,
      inputHash: `seed ${input.clientKey}`,
    } as unknown as Command;
    return options.submit(command, at);
  }

  for (const room of demoRooms) {
    const { id: roomId, name, topic, slug } = room;
    const memberId = () => newId() as MemberId;
    const made = { roomId, name, topic, slug, kind: 'PUBLIC' as const, slugs: [slug], memberId: memberId() };
    await write('createRoom', owner, { ...made, clientKey: `seed-room-${slug}` }, begin);
    for (const { id, handle } of demoPeople.filter((person) => person.id !== owner)) {
      const clientKey = `seed-join-${slug}-${handle}`;
      await write('joinRoom', id, { roomId, memberId: memberId(), clientKey }, begin + 1);
    }
  }
  for (let number = 0; number < MESSAGES_PER_ROOM; number++) {
    const at = begin + (number + 1) * STEP_MS;
    await Promise.all(
      demoRooms.map(({ id: roomId, slug }, roomNumber) => {
        const lines = demoLines[slug];
        const text = lines[number % lines.length] as string;
        const people = demoPeople.slice(1);
        const author = people[(number + roomNumber + Math.floor(number / lines.length)) % people.length];
        const clientKey = `seed-${slug}-${number}`;
        return write(
          'sendMessage',
          author?.id ?? owner,
          { roomId, text, messageId: newId() as MessageId, clientKey },
          at,
        );
      }),
    );
  }
}
