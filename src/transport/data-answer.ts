import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FaultCode, faults } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import { maskError } from './errors.ts';

/** An answer outside of GraphQL: JSON. */
export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(`${body}\n`);
}

/** What GraphQL would say, in the same form and with the status of the table. */
export function answerError(request: IncomingMessage, response: ServerResponse, error: unknown, log: Log): void {
  const { message, extensions } = maskError(error, log);
  // Nobody reads the rest of a body that was refused.
  if (!request.complete) response.setHeader('Connection', 'close');
  if (typeof extensions.retryAfterMs === 'number') {
    response.setHeader('Retry-After', String(Math.ceil(extensions.retryAfterMs / 1_000)));
  }
  answerJson(response, faults[extensions.code as FaultCode].status, { errors: [{ message, extensions }] });
}
