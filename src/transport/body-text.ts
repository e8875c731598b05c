import type { IncomingMessage } from 'node:http';
import { Fault } from '../observe/fault.ts';

/** Throws BODY_TOO_LARGE without ending the connection, which the answer says, and BAD_REQUEST where the client hung up. */
export function bodyTextOf(request: IncomingMessage, limitBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) chunks.push(chunk);
      else {
        request.pause();
        reject(new Fault('BODY_TOO_LARGE', `the request body is over the limit of ${limitBytes} bytes`));
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString()));
    const endEarly = () => reject(new Fault('BAD_REQUEST', 'the body ended early'));
    request.once('error', endEarly);
    // Nobody tells again who hung up before.
    if (request.destroyed) endEarly();
  });
}
