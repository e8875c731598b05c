/** How one speaks with each kind of server over a WebSocket. */
import { randomUUID } from 'node:crypto';
import type { WireSocket } from './wire.ts';

export type Dialect = 'parley' | 'graphql' | 'socketIo' | 'plain';

/** What a subscriber needs to know; all of it is data, as the load is a process of its own. */
export interface Subscriber {
  readonly token?: string;
  readonly query?: string;
  readonly variables?: object;
}

export interface Publisher {
  readonly token?: string;
  readonly roomId?: string;
}

/** Frames of messages are longer than this, all others are shorter: the text of a message alone is. */
export const TEXT_LENGTH = 220;

const paths: Record<Dialect, string> = {
  parley: '/graphql',
  graphql: '/graphql',
  socketIo: '/socket.io/?EIO=4&transport=websocket',
  plain: '/',
};

export const pathOf = (dialect: Dialect) => paths[dialect];
export const protocolOf = (dialect: Dialect) =>
  dialect === 'parley' || dialect === 'graphql' ? 'graphql-transport-ws' : null;

/** Signs in and subscribes. Resolves when what is published from now on arrives. */
export async function subscribe(
  socket: WireSocket,
  dialect: Dialect,
  { token, query, variables }: Subscriber,
): Promise<void> {
  if (dialect === 'plain') return;
  await greet(socket, dialect, token);
  if (dialect === 'socketIo') return;
  socket.send(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query, variables } }));
  if (dialect === 'parley') await heard(socket, (text) => text.includes('"isCaughtUp":true'));
}

export async function greet(socket: WireSocket, dialect: Dialect, token?: string): Promise<void> {
  if (dialect === 'plain') return;
  if (dialect === 'socketIo') {
    await heard(socket, (text) => text.startsWith('0'));
    socket.send('40');
    await heard(socket, (text) => text.startsWith('40'));
    return;
  }
  socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { token } }));
  await heard(socket, (text) => text.includes('connection_ack'));
}

/** Engine.IO wants its pings answered. */
export function answer(socket: WireSocket, dialect: Dialect, bytes: Buffer, start: number, end: number): void {
  if (dialect === 'socketIo' && end - start === 1 && bytes[start] === 50) socket.send('3');
}

export function publication(dialect: Dialect, { roomId }: Publisher, text: string): string {
  if (dialect === 'plain') return text;
  if (dialect === 'socketIo') return `42${JSON.stringify(['send', text])}`;
  const payload =
    dialect === 'parley'
      ? {
          query:
            'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code } } }',
          variables: { input: { roomId, text } },
        }
      : { query: 'mutation ($text: String!) { send(text: $text) { id } }', variables: { text } };
  return JSON.stringify({ id: randomUUID(), type: 'subscribe', payload });
}

function heard(socket: WireSocket, fits: (text: string) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer within 20 s')), 20_000);
    socket.onMessage = (bytes, start, end) => {
      const text = bytes.toString('utf8', start, end);
      if (text.includes('"errors"') || text.includes('"type":"error"')) reject(new Error(text));
      if (!fits(text)) return;
      clearTimeout(timer);
      socket.onMessage = () => undefined;
      resolve();
    };
  });
}
