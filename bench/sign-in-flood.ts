/**
 * A process of its own that signs in at once as often as a line of its input says, and answers by a line how it went. It
 * writes its requests to bare sockets: a flood comes from elsewhere, and should take as little as can be of these processors.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { goodPassword, signInMutation } from '../test/support/account.ts';

/** What is asked: so many sign-ins, by turns with these handles. */
export interface FloodAsked {
  readonly url: string;
  readonly handles: readonly string[];
  readonly count: number;
}

export interface Flooded {
  /** From the first request to the last answer. */
  readonly tookMs: number;
  /** Of each sign-in, from the first request to its answer. */
  readonly answeredMs: readonly number[];
  readonly refused: number;
}

async function flood({ url, handles, count }: FloodAsked): Promise<Flooded> {
  const { host, hostname, port } = new URL(url);
  const requests = handles.map((handle) => requestOf(host, handle));
  const begunAt = performance.now();
  const answeredMs: number[] = [];
  const signIn = (n: number) =>
    new Promise<boolean>((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), hostname);
      socket.setEncoding('latin1').write(requests[n % requests.length] as string);
      socket.on('error', reject);
      socket.on('data', (text) => {
        answer += text;
      });
      socket.on('close', () => {
        answeredMs.push(performance.now() - begunAt);
        resolve(answer.startsWith('HTTP/1.1 200') && answer.includes('"errors":[]') && answer.includes('"token":"'));
      });
    });
  const isIn = await Promise.all(Array.from({ length: count }, (_, n) => signIn(n)));
  return { tookMs: performance.now() - begunAt, answeredMs, refused: isIn.filter((one) => !one).length };
}

function requestOf(host: string, handle: string): string {
  const body = JSON.stringify({ query: signInMutation, variables: { input: { handle, password: goodPassword } } });
  return [
    'POST /graphql HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    'Accept: application/graphql-response+json',
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await flood(JSON.parse(line) as FloodAsked)));
}
