/** graphql-js behind graphql-ws, with the PubSub of graphql-subscriptions: no framework around it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { announce, newMessage, typeDefs } from './message.ts';

const pubSub = new PubSub();
const schema = buildSchema(typeDefs);
const fieldOf = (type: string, field: string) =>
  (schema.getType(type) as GraphQLObjectType).getFields()[field] as never;
Object.assign(fieldOf('Mutation', 'send'), {
  async resolve(_root: unknown, { text }: { text: string }) {
    const messages = newMessage(text);
    await pubSub.publish('messages', { messages });
    return messages;
  },
});
Object.assign(fieldOf('Subscription', 'messages'), { subscribe: () => pubSub.asyncIterableIterator('messages') });
const http = createServer();
useServer({ schema }, new WebSocketServer({ server: http, path: '/graphql' }));
http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port));
