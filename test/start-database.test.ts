import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startPrivatePostgres } from './support/private-postgres.ts';
import { ServerHome } from './support/process.ts';

/** An address at which something listens, or nothing. */
async function address({ isOpen }: { isOpen: boolean }): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  if (isOpen) onTestFinished(() => void server.close());
  else await once(server.close(), 'close');
  return `127.0.0.1:${port}`;
}

async function refusalOf(databaseUrl: string): Promise<string> {
  await using home = new ServerHome({ settings: { DATABASE_URL: databaseUrl } });
  const server = home.launch();
  expect((await server.exited).code).toBe(1);
  return server.output.trim();
}

test('a start without its database ends with a line that says why', { timeout: 60_000 }, async () => {
  await using postgres = await startPrivatePostgres();
  const { url } = postgres.database;
  const [refused, silent, missing] = await Promise.all([
    refusalOf(`postgres://parley:otter@${await address({ isOpen: false })}/parley`),
    refusalOf(`postgres://parley:otter@${await address({ isOpen: true })}/parley`),
    refusalOf(url.replace(/\/([^/?]+)\?/, '/nowhere?')),
  ]);
  expect(refused).toMatch(/^PostgreSQL cannot be used: connect ECONNREFUSED \S+$/);
  expect(silent).toBe('PostgreSQL cannot be used: timeout expired');
  expect(missing).toBe('PostgreSQL cannot be used: database "nowhere" does not exist');
});
