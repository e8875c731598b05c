/** Yoga with graphql-ws and graphql-redis-subscriptions, as their documentation puts them together. REDIS_URL: where. */
import { once } from 'node:events';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { newMessage, type PeerMessage, typeDefs } from './message.ts';
import { serveYoga } from './yoga-server.ts';

const url = (process.env.REDIS_URL ?? '').replace(/^unix:\/\//, '');
const [publisher, subscriber] = [new Redis(url), new Redis(url)];
// Who subscribes before ioredis is ready is lost: it asks for INFO on a connection that then may only subscribe.
await Promise.all([once(publisher, 'ready'), once(subscriber, 'ready')]);
const pubSub = new RedisPubSub({ publisher, subscriber });
const yoga = createYoga({
  schema: createSchema({
    typeDefs,
    resolvers: {
      Mutation: {
        async send(_root: unknown, { text }: { text: string }) {
          const messages = newMessage(text);
          await pubSub.publish('messages', { messages });
          return messages;
        },
      },
      Subscription: { messages: { subscribe: () => pubSub.asyncIterator('messages') } },
      Message: {
        isOwn: ({ author }: PeerMessage, _args: object, { viewerId }: { viewerId?: string }) => author.id === viewerId,
      },
    },
  }),
  logging: false,
});
serveYoga(yoga);
