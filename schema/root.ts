import { builder } from './builder.ts';

builder.queryType({
  description: 'Reads, all of one operation in one snapshot: see asOf.',
});
builder.mutationType({
  description: 'Changes, one after the other; each is durable before it is answered.',
});
builder.subscriptionType({
  description:
    'Live streams, over WebSocket or server-sent events. A stream that ends by itself says why in its last item.',
});
