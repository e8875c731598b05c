import { builder } from './builder.ts';

// Closed by default: a root field that is open to signed-out callers says `skipTypeScopes: true`.
builder.queryType({
  description: 'Reads, all of one operation in one snapshot: see asOf.',
  authScopes: { signedIn: true },
});
builder.mutationType({
  description: 'Changes, one after the other; each is durable before it is answered.',
  authScopes: { signedIn: true },
});
builder.subscriptionType({
  description:
    'Live streams, over WebSocket or server-sent events. A stream that ends by itself says why in its last item.',
  authScopes: { signedIn: true },
});
