/**
 * A process that owns the embedded PostgreSQL of the folder it is given. Says one line of JSON, what it got or the
 * error, and lives until it is killed; on SIGTERM it stops PostgreSQL first, and SIGINT it survives.
 */
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { quietLog } from './quiet-log.ts';

const [dataDir = ''] = process.argv.slice(2);
try {
  const postgres = await startEmbeddedPostgres({ dataDir, log: quietLog });
  process.once('SIGTERM', () => void postgres.stop().then(() => process.exit(0)));
  process.on('SIGINT', () => undefined);
  setInterval(() => undefined, 60_000);
  console.log(JSON.stringify({ pid: postgres.pid, takenOver: postgres.takenOver }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).name, message: (error as Error).message }));
  process.exit(1);
}
