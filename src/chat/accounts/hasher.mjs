/**
 * A thread that hashes passwords. On Linux it is of lower priority: where there are few processors, a flood of sign-ins would else take
 * the turns of whoever is talking, for 20 ms each.
 */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

if (process.platform === 'linux') {
  const thread = Number(basename(readlinkSync('/proc/thread-self')));
  setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
}

parentPort?.on('message', (/** @type {import('./hashers.ts').Job} */ { password, cost, stored }) => {
  try {
    parentPort?.postMessage({ outcome: stored === null ? hashSync(password, cost) : verifySync(stored, password) });
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});
