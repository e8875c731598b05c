import { createHash, randomUUID } from 'node:crypto';
import { rowIdOf } from './history.ts';
import { type Person, personOf } from './person.ts';
import type { TestServer } from './server.ts';

/** The same person on another device: guests have no way to sign in twice, so it is written into the table. */
export async function signInAgain(server: TestServer, { id }: Person): Promise<Person> {
  const token = `parley_${randomUUID()}`;
  await server.database.query(
    `INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
     VALUES ($1, $2, $3, now(), now(), now() + interval '1 day')`,
    [randomUUID(), rowIdOf(id), createHash('sha256').update(token).digest('hex')],
  );
  return personOf(server, id, token);
}
