import { PubSub } from 'graphql-subscriptions';
import type { CommittedBatch } from '../log/event.ts';
import type { Log } from '../observe/log.ts';
import type { Bus } from './bus.ts';

const TOPIC = 'committed';

/** The bus of a single node: nothing is lost while the process lives. */
export function createMemoryBus(options: { readonly log: Log }): Bus {
  const pubsub = new PubSub();
  return {
    publish(batch) {
      pubsub
        .publish(TOPIC, batch)
        .catch((error: unknown) => options.log.error({ err: error }, 'a batch was not published'));
    },
    async subscribe(listener) {
      const id = await pubsub.subscribe(TOPIC, (batch: CommittedBatch) => listener.onBatch(batch));
      return () => pubsub.unsubscribe(id);
    },
    async [Symbol.asyncDispose]() {},
  };
}
