import type { Log } from '../observe/log.ts';
import { decodeBatch, encodeBatch } from './batch-text.ts';
import type { Bus, BusListener } from './bus.ts';
import type { RedisLink } from './redis-link.ts';

const TOPIC = 'committed';

/** The bus of several nodes. This node's own batches go to its listeners at once; their echo is ignored. */
export function createRedisBus(options: { readonly link: RedisLink; readonly log: Log }): Bus {
  const { link, log } = options;
  const listeners = new Set<BusListener>();

  function hear(payload: string): boolean {
    const news = decodeBatch(payload);
    if (news?.kind === 'batch') for (const listener of listeners) listener.onBatch(news.batch);
    if (news?.kind === 'position') for (const listener of listeners) listener.onPosition(news.position);
    return news !== null;
  }

  let subscribed: Promise<() => void> | null = null;
  return {
    publish(batch) {
      try {
        link.publish(TOPIC, () => encodeBatch(batch));
      } catch (error) {
        log.error({ err: error }, 'a batch was not published');
      }
      for (const listener of listeners) listener.onBatch(batch);
    },
    async subscribe(listener) {
      listeners.add(listener);
      subscribed ??= link.subscribe(TOPIC, hear);
      await subscribed;
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      listeners.clear();
      const stop = await subscribed;
      stop?.();
    },
  };
}
