import { expect, test, vi } from 'vitest';
import { openSocket, type WebSocketImpl } from './socket.ts';
import { Credential } from './token.ts';

/** A server in the same process, played by hand: what clients sent, and a way to give several messages in one turn. */
function playedServer() {
  const sent: { type: string; id?: string }[] = [];
  let newest: FakeWebSocket | undefined;
  class FakeWebSocket {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly OPEN = 1;
    readyState = 0;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onerror = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    constructor() {
      newest = this;
      queueMicrotask(() => {
        this.readyState = 1;
        this.onopen?.();
      });
    }
    addEventListener() {}
    send(text: string) {
      const message = JSON.parse(text) as { type: string };
      sent.push(message);
      if (message.type === 'connection_init') queueMicrotask(() => this.give({ type: 'connection_ack' }));
    }
    close(code = 1000) {
      this.readyState = 3;
      this.onclose?.({ code, reason: '' });
    }
    give(message: object) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }
  }
  return {
    impl: FakeWebSocket as unknown as WebSocketImpl,
    give: (...messages: object[]) => {
      for (const message of messages) newest?.give(message);
    },
    drop: () => newest?.close(1006),
    subscribed: () => sent.filter(({ type }) => type === 'subscribe').map(({ id }) => id),
  };
}

const query = 'subscription { typing { count } }';

test('a subscription that is left in the turn in which the server completes it does not keep the next one from coming back', async () => {
  const server = playedServer();
  using socket = openSocket({
    url: 'ws://played',
    credential: new Credential(null),
    webSocketImpl: server.impl,
    random: () => 0,
  });
  let leave = () => {};
  const ends: unknown[] = [];
  const sink = {
    next: () => leave(),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  };
  leave = socket.subscribe({ query }, sink);
  await vi.waitFor(() => expect(server.subscribed()).toHaveLength(1));
  const [id] = server.subscribed();
  server.give({ type: 'next', id, payload: { data: {} } }, { type: 'complete', id });
  await vi.waitFor(() => expect(ends).toEqual(['complete']));

  leave = socket.subscribe({ query }, sink);
  await vi.waitFor(() => expect(server.subscribed()).toHaveLength(2));
  server.drop();
  await vi.waitFor(() => expect(server.subscribed()).toHaveLength(3));
  expect(ends).toEqual(['complete']);
});
