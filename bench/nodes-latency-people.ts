/** People on the nodes of either system: each sends, and each hears everything. Their clock is that of one process. */
import { createClient } from 'graphql-ws';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Person } from '../test/support/person.ts';
import type { PeerMessage } from './nodes-latency-peer.ts';

export interface Member {
  /** Index of the node. */
  readonly node: number;
  /** Sends, and resolves when it is acknowledged. Rejects when it is refused. */
  send(text: string): Promise<void>;
  close(): void;
}

/** Hears each text that arrives. */
export type Hear = (text: string) => void;

const messagesSubscription = `subscription ($roomId: ID!) {
  messages(roomId: $roomId) { kind isCaughtUp message { id text sentAt author { id } } }
}`;
const sendMutation = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id } errors { code } }
}`;

interface Update {
  readonly messages: { readonly kind: string; readonly isCaughtUp: boolean; readonly message: { text: string } | null };
}

interface SendPayload {
  readonly sendMessage: { readonly message: object | null; readonly errors: readonly { readonly code: string }[] };
}

/** With graphql-ws's own client. Resolves when the subscription has caught up. */
export async function parleyMember(
  { url, node, person, roomId }: { url: string; node: number; person: Person; roomId: string },
  hear: Hear,
): Promise<Member> {
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token: person.token },
    retryAttempts: 0,
  });
  await new Promise<void>((resolve, reject) => {
    client.subscribe<Update>(
      { query: messagesSubscription, variables: { roomId } },
      {
        next({ data, errors }) {
          if (!data) return reject(new Error(JSON.stringify(errors)));
          if (data.messages.isCaughtUp) resolve();
          if (data.messages.kind === 'SENT' && data.messages.message) hear(data.messages.message.text);
        },
        error: reject,
        complete: () => reject(new Error('the subscription ended')),
      },
    );
  });
  return {
    node,
    send: (text) =>
      new Promise((resolve, reject) => {
        client.subscribe<SendPayload>(
          { query: sendMutation, variables: { input: { roomId, text } } },
          {
            next: ({ data, errors }) =>
              data?.sendMessage.message ? resolve() : reject(new Error(JSON.stringify(errors ?? data))),
            error: reject,
            complete: () => undefined,
          },
        );
      }),
    close: () => void client.dispose(),
  };
}

/** With Socket.IO's own client. Resolves when it is connected. */
export async function peerMember(
  { url, node, userId }: { url: string; node: number; userId: string },
  hear: Hear,
): Promise<Member> {
  const socket = io(url, { transports: ['websocket'], auth: { userId }, reconnection: false, forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  socket.on('message', ({ text }: PeerMessage) => hear(text));
  return {
    node,
    async send(text) {
      const id: string | null = await socket.emitWithAck('send', text);
      if (id === null) throw new Error('the insert failed');
    },
    close: () => void socket.disconnect(),
  };
}
