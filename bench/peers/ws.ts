/**
 * The least that a server in Node can do: `ws`, one buffer for all clients. With CORKED=1 what comes in one turn of the
 * loop goes to each client in one write.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { announce, newMessage } from './message.ts';

const isCorked = process.env.CORKED === '1';
const http = createServer();
const webSockets = new WebSocketServer({ server: http, perMessageDeflate: false });
let waiting: Buffer[] = [];

webSockets.on('connection', (socket) => {
  socket.on('message', (data) => publish(Buffer.from(JSON.stringify(newMessage(data.toString())))));
});

function publish(bytes: Buffer): void {
  if (!isCorked) {
    for (const client of webSockets.clients) client.send(bytes, { binary: false });
    return;
  }
  if (waiting.length === 0) setImmediate(flush);
  waiting.push(bytes);
}

function flush(): void {
  const all = waiting;
  waiting = [];
  for (const client of webSockets.clients) {
    const tcp = (client as WebSocket & { _socket: Socket })._socket;
    tcp.cork();
    for (const bytes of all) client.send(bytes, { binary: false });
    tcp.uncork();
  }
}

http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port));
