import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';

/** SIGKILL to the postmaster under writes; it is started again, and recovers. */
export const killDatabase: Fault = async ({ stage, scene }) => {
  await scene.until(() => scene.inFlight() > 0);
  const inFlight = scene.inFlight();
  const [postmaster] = stage.fleet.postgres.processes;
  process.kill(postmaster as number, 'SIGKILL');
  return { at: 'PostgreSQL', inFlight };
};

/** SIGKILL to the session that commits for one of the nodes: PostgreSQL ends all of them, and recovers. */
export const killCommitter: Fault = async ({ stage, scene, random }) => {
  const rows = await stage.database.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'parley committer'",
  );
  const pid = rows[Math.floor(random() * rows.length)]?.pid;
  if (pid === undefined || !stage.fleet.postgres.processes.includes(pid)) return { at: 'no session', inFlight: 0 };
  await scene.until(() => scene.inFlight() > 0);
  const inFlight = scene.inFlight();
  process.kill(pid, 'SIGKILL');
  return { at: 'a committing session of PostgreSQL', inFlight };
};

/** SIGSTOP to all of PostgreSQL for up to 2 s, and SIGCONT. */
export const freezeDatabase: Fault = async ({ stage, scene, random }) => {
  await scene.until(() => scene.inFlight() > 0);
  const inFlight = scene.inFlight();
  const frozen = stage.fleet.postgres.processes;
  for (const pid of frozen) signal(pid, 'SIGSTOP');
  await delay(200 + random() * 1_800);
  for (const pid of frozen) signal(pid, 'SIGCONT');
  return { at: 'PostgreSQL', inFlight };
};

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // A session that ended meanwhile.
  }
}
