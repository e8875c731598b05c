/** Yoga over HTTP and, by graphql-ws, over WebSockets, as their documentation puts them together. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import type { createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { announce } from './message.ts';

export function serveYoga(yoga: ReturnType<typeof createYoga>): void {
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
}
