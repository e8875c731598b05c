/** A room of Socket.IO, over WebSocket alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { announce, newMessage } from './message.ts';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  socket.join('kitchen');
  socket.on('send', (text: string) => io.to('kitchen').emit('message', newMessage(text)));
});
http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port));
