import { expect, test } from 'vitest';
import { setUpCommitter } from '../../test/support/committer.ts';
import { newId } from '../db/id.ts';
import { byServer, commandOf } from './command.ts';
import { loadFacts } from './facts.ts';
import type { MessageId, RoomId, UserId } from './model.ts';
import { Reading } from './reading.ts';
import { readUsersById } from './rows.ts';

test('who sent a message goes along with it: to show its author reads nothing', async () => {
  const { database } = await setUpCommitter();
  const [ann, bob] = [newId() as UserId, newId() as UserId];
  for (const [id, name] of [
    [ann, 'Ann'],
    [bob, 'Bob'],
  ]) {
    const sql =
      'INSERT INTO user_account (id, display_name, is_guest, is_bot, created_at) VALUES ($1, $2, true, false, now())';
    await database.query(sql, [id, name]);
  }
  const input = { roomId: newId() as RoomId, messageId: newId() as MessageId, text: 'hello', clientKey: null };
  const facts = await loadFacts(database, [commandOf('sendMessage', byServer(ann), input, input)]);
  const stored = await readUsersById(database, [ann]);
  const asked: string[] = [];
  const source = {
    async query(sql: string) {
      asked.push(sql);
      return [];
    },
  };
  const reading = new Reading(source, { atHand: facts.touchedRows() });
  expect([await reading.users.load(ann)]).toEqual(stored);
  expect(stored).toMatchObject([{ id: ann, displayName: 'Ann' }]);
  expect(asked).toEqual([]);
  await reading.users.load(bob);
  expect(asked).toHaveLength(1);
});
