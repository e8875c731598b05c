/** Mercurius with its compiled execution and its own PubSub. In JavaScript: its packages are there only for the bench. */
import fastify from 'fastify';
import mercurius from 'mercurius';
import { announce, newMessage, typeDefs } from '../message.ts';

const app = fastify();
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Mutation: {
      async send(_root, { text }, { pubsub }) {
        const messages = newMessage(text);
        await pubsub.publish({ topic: 'messages', payload: { messages } });
        return messages;
      },
    },
    Subscription: { messages: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('messages') } },
  },
  jit: 1,
  subscription: { fullWsTransport: true },
});
await app.listen({ port: 0, host: '127.0.0.1' });
announce(app.server.address().port);
