/**
 * Loaded into a server of Parley before it: `sendMessage` answers at once, without a command, a transaction or an event. All the
 * rest is as it is, which is what durable sends are compared with.
 */
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.argv[1]?.endsWith('start.mjs')) {
  process.env.NODE_ENV ??= 'production';
  const { schema } = await import('../../dist/server/schema/index.js');
  const entity = { id: '01a00000-0000-7000-8000-000000000001' };
  schema.getMutationType().getFields().sendMessage.resolve = () => ({
    entity,
    mark: null,
    replayed: false,
    errors: [],
  });
}
