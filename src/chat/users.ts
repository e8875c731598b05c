import { foldHandle } from './accounts/handles.ts';
import type { User } from './model.ts';
import type { Reading } from './reading.ts';
import { userColumns } from './rows.ts';

export async function userByHandle(reading: Reading, handle: string): Promise<User | null> {
  const [user] = await reading.query<User>(`SELECT ${userColumns} FROM user_account WHERE handle = $1`, [
    foldHandle(handle),
  ]);
  return user ?? null;
}
