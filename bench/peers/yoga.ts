/** Yoga with graphql-ws and graphql-redis-subscriptions, as their documentation puts them together. REDIS_URL: where. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema, createYoga } from 'graphql-yoga';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { announce, newMessage, type PeerMessage, typeDefs } from './message.ts';

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
const http = createServer(yoga);
const webSockets = new WebSocketServer({ server: http, path: yoga.graphqlEndpoint });
useServer(
  {
    // biome-ignore lint/suspicious/noExplicitAny: the integration of the documentation passes Yoga's own functions so.
    execute: (args: any) => args.rootValue.execute(args),
    // biome-ignore lint/suspicious/noExplicitAny: the same.
    subscribe: (args: any) => args.rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  webSockets,
);
http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port));
