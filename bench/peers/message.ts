/** What every peer publishes: the fields that Parley's subscribers ask for too. */
import { randomUUID } from 'node:crypto';

export interface PeerMessage {
  readonly id: string;
  readonly text: string;
  readonly sentAt: string;
  readonly author: { readonly id: string; readonly displayName: string };
}

const author = { id: randomUUID(), displayName: 'Somebody who writes' };

export function newMessage(text: string): PeerMessage {
  return { id: randomUUID(), text, sentAt: new Date().toISOString(), author };
}

export const typeDefs = /* GraphQL */ `
  type User { id: ID! displayName: String! }
  type Message { id: ID! text: String! sentAt: String! author: User! isOwn: Boolean! }
  type Query { isUp: Boolean! }
  type Mutation { send(text: String!): Message! }
  type Subscription { messages: Message! }
`;

/** Says where it listens, in the way that the bench reads, and ends with its input. */
export function announce(port: number): void {
  console.log(`port ${port}`);
  process.stdin.on('end', () => process.exit(0)).resume();
}
