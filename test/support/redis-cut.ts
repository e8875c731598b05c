/**
 * A process that talks by Redis without pause, as a node does (`ours`) or as the libraries do by themselves (`bare`),
 * until its standard input ends: then it says «alive». Nothing here listens for unhandled rejections.
 */
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';
import { createRedisBus } from '../../src/bus/redis.ts';
import { RedisLink } from '../../src/bus/redis-link.ts';
import { silentLog } from '../../src/observe/log.ts';
import { startRedisTyping } from '../../src/presence/redis.ts';

const [manner = '', url = ''] = process.argv.slice(2);
const event = {
  position: 1,
  tag: 1,
  audience: { kind: 'server' },
  kind: 'SAID',
  body: {},
  actorId: null,
  roomSeq: null,
} as const;

const act = manner === 'ours' ? await ours() : bare();
setInterval(act, 3);
process.stdin.on('end', () => {
  console.log('alive');
  process.exit(0);
});
process.stdin.resume();
console.log('talking');

async function ours(): Promise<() => void> {
  const link = await RedisLink.start({ url, epoch: 'aa', key: 'aa', log: silentLog, random: Math.random });
  const bus = createRedisBus({ link, log: silentLog });
  const typing = await startRedisTyping({ link });
  await bus.subscribe({ onBatch: () => undefined, onPosition: () => undefined });
  let stop: Promise<() => void> | null = null;
  return () => {
    bus.publish({ afterTag: 0, events: [{ ...event, at: new Date() }], rows: { messages: [] } });
    typing.start('room', 'ada');
    typing.stop('room', 'ada');
    void stop?.then((end) => end());
    stop = link.subscribe('now-and-then', () => true);
  };
}

function bare(): () => void {
  const connect = () =>
    new Redis({ path: url.slice('unix://'.length), enableOfflineQueue: false }).on('error', () => undefined);
  const pubsub = new RedisPubSub({ publisher: connect(), subscriber: connect() });
  return () => {
    pubsub.publish('now-and-then', {}).catch(() => undefined);
    pubsub
      .subscribe('now-and-then', () => undefined)
      .then(
        (id) => pubsub.unsubscribe(id),
        () => undefined,
      );
  };
}
