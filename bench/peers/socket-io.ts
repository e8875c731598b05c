/** A room of Socket.IO, over WebSocket alone. REDIS_URL: with its Redis adapter, for several nodes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { announce, newMessage } from './message.ts';

const { REDIS_URL } = process.env;
const connectRedis = () => new Redis(REDIS_URL?.replace(/^unix:\/\//, '') ?? '');
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  ...(REDIS_URL && { adapter: createAdapter(connectRedis(), connectRedis()) }),
});
io.on('connection', (socket) => {
  socket.join('kitchen');
  socket.on('send', (text: string) => io.to('kitchen').emit('message', newMessage(text)));
});
http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port));
