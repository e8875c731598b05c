import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, doorNames, type Expectation, openDoor } from './doors.ts';
import { sendMutation } from './person.ts';
import type { TestServerOptions } from './server.ts';
import { startWorld, type World } from './world.ts';
import type { Subscription, WsClient } from './ws-client.ts';

/** One thing that ann asks for and should not get, through whichever door. */
export interface BadInput {
  /** Reads after «refuses»: what it is. */
  readonly what: string;
  readonly query: string;
  readonly variables?: object | ((world: World) => object);
  readonly gives: Expectation;
}

/**
 * Asks for each through every door of a real node: over HTTP, over SSE, and over one WebSocket that has to stay open.
 * After each: not a row has changed, a good message is accepted by the same door, and a subscription of the same socket,
 * or of somebody else's, gets it. Nothing may be logged as a bug.
 */
export function describeBadInput(promise: string, cases: readonly BadInput[], options?: TestServerOptions): void {
  describe.each(doorNames)(`bad input over %s`, (name) => {
    let world: World;
    let door: Door;
    let watching: WsClient;
    let watched: Subscription;
    let before: Record<string, string>;

    beforeAll(async () => {
      world = await startWorld(options);
      door = await openDoor(name, world.server.url, world.ann.token);
      watching = 'client' in door ? (door.client as WsClient) : await world.bob.connect();
      watched = watching.subscribe(
        'subscription ($roomId: ID!) { messages(roomId: $roomId) { kind message { text } isCaughtUp } }',
        { roomId: world.roomId },
      );
      await watched.until(({ data }) => data.messages.isCaughtUp);
      before = await world.content();
    });

    afterAll(async () => {
      await watching[Symbol.asyncDispose]();
      await door[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    // SSE has a reader and a writer of its own, and the gate and all behind it in common with the others: a sample will do.
    const asked = name === 'SSE' ? cases.filter((_, index) => index % 8 === 0) : cases;
    const titled = asked.map((one) => [one.what, one] as const);
    it.each(titled)(`${promise} refuses %s, writes nothing, and goes on`, async (what, { query, variables, gives }) => {
      gives(await door.ask(query, typeof variables === 'function' ? variables(world) : variables));
      expect(await world.content()).toEqual(before);

      const good = await door.ask(sendMutation, { input: { roomId: world.roomId, text: what } });
      expect(good.data.sendMessage).toMatchObject({ message: { text: what }, errors: [] });
      const after = await world.content();
      expect(after).not.toEqual(before);
      before = after;
      // Checkpoints come on their own time.
      const items = await watched.until(({ data }) => data.messages.kind !== 'CHECKPOINT');
      expect(items.at(-1).data.messages).toMatchObject({ kind: 'SENT', message: { text: what } });
      expect(world.bugs).toEqual([]);
    });
  });
}
