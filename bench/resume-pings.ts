/** Sockets that send pings of 60 KB and neither sign in nor read what comes back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { ServerHome } from '../test/support/process.ts';
import { InspectedServer } from './inspected-server.ts';
import { atMost, type Finding, quietRates } from './resume-part.ts';

const patienceMs = 10_000;
const frame = frameOf(JSON.stringify({ type: 'ping', payload: { noise: 'x'.repeat(60 * 1_024) } }));

export async function pingFloods(): Promise<Finding[]> {
  await using home = new ServerHome();
  using inspected = await InspectedServer.start(home, quietRates);
  // The first ones bring code and buffers that stay.
  for (let n = 0; n < 10; n += 1) await flood(home.url);
  const play = async (count: number) => {
    const before = await inspected.memoryAtRest();
    inspected.forgetPeak();
    const tookMs = await Promise.all(Array.from({ length: count }, () => flood(home.url)));
    return { longestMs: Math.max(...tookMs), peakMiB: inspected.peakResidentMiB - before.residentMiB };
  };
  const [one, many] = [await play(1), await play(100)];
  return [
    atMost('one socket is cut after', one.longestMs / 1_000, 1, 's', 2),
    atMost('resident memory on top, at most', one.peakMiB, 5, 'MiB'),
    atMost('the last of 100 sockets is cut after', many.longestMs / 1_000, 1, 's', 2),
    atMost('resident memory on top of 100, at most', many.peakMiB, 50, 'MiB'),
  ];
}

/** Milliseconds from the first ping until the connection is gone, or `patienceMs`. */
async function flood(url: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A connection that is cut while it is written to.
  socket.on('error', () => undefined);
  socket.write(
    [
      'GET /graphql HTTP/1.1',
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  socket.pause();
  const begunAt = performance.now();
  // Not `once`, which throws for the error of a connection that is cut.
  const gone = new Promise((resolve) => socket.once('close', resolve));
  const pump = () => {
    if (socket.destroyed) return;
    socket.write(frame);
    setImmediate(pump);
  };
  pump();
  const patience = setTimeout(() => socket.destroy(), patienceMs);
  await gone;
  clearTimeout(patience);
  return performance.now() - begunAt;
}

/** A text frame of a client, whose mask changes nothing. */
function frameOf(text: string): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x81;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(Buffer.byteLength(text)), 2);
  return Buffer.concat([head, Buffer.from(text)]);
}
