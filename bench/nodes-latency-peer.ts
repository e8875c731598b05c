/**
 * What nodes-latency compares with: Socket.IO as its documentation sets up several nodes, with a durable insert before the
 * emit. Settings: DATABASE_URL, REDIS_URL (ioredis takes it). Says its port in one line, and ends with its input.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server } from 'socket.io';

/** What the server emits; the text alone comes from the sender. */
export interface PeerMessage {
  readonly id: string;
  readonly roomId: string;
  readonly authorId: string;
  readonly text: string;
  readonly at: string;
}

const { DATABASE_URL = '', REDIS_URL = '' } = process.env;
const roomId = 'kitchen';
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
const connectRedis = () => new Redis(REDIS_URL.replace(/^unix:\/\//, ''));
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  adapter: createAdapter(connectRedis(), connectRedis()),
});

io.on('connection', (socket) => {
  const authorId = socket.handshake.auth.userId as string;
  socket.join(roomId);
  socket.on('send', async (text: string, acknowledge: (id: string | null) => void) => {
    const message: PeerMessage = { id: randomUUID(), roomId, authorId, text, at: new Date().toISOString() };
    try {
      await pool.query('INSERT INTO peer_message (id, room_id, author_id, text, at) VALUES ($1, $2, $3, $4, $5)', [
        message.id,
        roomId,
        authorId,
        text,
        message.at,
      ]);
      io.to(roomId).emit('message', message);
      acknowledge(message.id);
    } catch (error) {
      console.error(error);
      acknowledge(null);
    }
  });
});

http.listen(0, '127.0.0.1', () => console.log(`port ${(http.address() as AddressInfo).port}`));
process.stdin.on('end', () => process.exit(0)).resume();
