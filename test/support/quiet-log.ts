import type { DatabaseLog } from '../../src/db/connection.ts';

/** For tests that expect trouble, or do not look at the log. */
export const quietLog: DatabaseLog = { info: () => undefined, warn: () => undefined, error: () => undefined };
