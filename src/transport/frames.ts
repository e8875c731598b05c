/** Messages of graphql-transport-ws that we write ourselves: those of the hub, and pongs. */

/** The part of a `next` message before its payload: made once per subscription. */
export function nextFrameHead(id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":`;
}

/** `payload`: the JSON of an execution result, shared by all subscriptions of a group. */
export function nextFrame(head: string, payload: string): string {
  return `${head}${payload}}`;
}

/** Null: the payload is nested deeper than it can be written. */
export function pongFrame(payload: unknown): string | null {
  if (payload === undefined || payload === null) return '{"type":"pong"}';
  try {
    return `{"type":"pong","payload":${JSON.stringify(payload)}}`;
  } catch {
    return null;
  }
}

/** The longest that a reason of a close frame may be is 123 bytes; it is cut between characters. */
export function closeReason(text: string): string {
  let reason = text.slice(0, 123);
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  return reason.replace(/[\ud800-\udbff]$/, '');
}
