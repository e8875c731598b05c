import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { bodyTextOf } from './body-text.ts';

/** A request whose head and half a body have arrived, and what hangs up. */
async function halfOfOne(): Promise<{ request: IncomingMessage; hangUp: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  const arrived = new Promise<IncomingMessage>((resolve) => server.once('request', resolve));
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
  return { request: await arrived, hangUp: () => void socket.destroy() };
}

test('a client that hung up before its body is asked for is no endless wait', async () => {
  const { request, hangUp } = await halfOfOne();
  hangUp();
  await new Promise((resolve) => request.once('close', resolve));
  await expect(bodyTextOf(request, 100)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

test('one that hangs up meanwhile is told of as bad, too', async () => {
  const { request, hangUp } = await halfOfOne();
  const text = bodyTextOf(request, 100);
  hangUp();
  await expect(text).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});
