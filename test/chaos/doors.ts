/** How one person asks the nodes: over HTTP or on a socket, at one door after the other, none of them waited for for long. */
import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable, socketDoor } from '../support/crash-people.ts';
import { personOf, post } from '../support/person.ts';
import { within } from '../support/process.ts';

/** Where a node is reached; the address is asked for each time. */
export interface Address {
  readonly url: string;
}

/** Longer than a freeze of the database lets a commit wait; then another node is asked. */
const patienceMs = 2_500;

export class Caller {
  readonly id: string;
  /** Empty: signed out. */
  readonly token: string;
  readonly isOnSocket: boolean;
  /** The door at which a request has no answer yet; null: none. */
  waitsAt: number | null = null;
  readonly #doors: readonly Address[];
  #socket: { readonly at: number; readonly door: ReturnType<typeof socketDoor> } | null = null;
  #at: number;

  constructor(doors: readonly Address[], who: { id: string; token: string }, at: number, isOnSocket = false) {
    this.#doors = doors;
    this.id = who.id;
    this.token = who.token;
    this.#at = at % doors.length;
    this.isOnSocket = isOnSocket;
  }

  /** From now on the next door. */
  moveOn(): void {
    this.#at = (this.#at + 1) % this.#doors.length;
  }

  /** The answer of the door of now; null when none came. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape.
  async ask(query: string, variables: object = {}): Promise<any> {
    const at = this.#at;
    const address = this.#doors[at] as Address;
    this.waitsAt = at;
    try {
      const asking = this.isOnSocket
        ? this.#socketAt(at, address).ask(query, variables)
        : post(address.url, query, variables, this.token === '' ? {} : { authorization: `Bearer ${this.token}` });
      asking.catch(() => undefined);
      return await within(patienceMs, asking, () => 'no answer');
    } catch {
      this.close();
      return null;
    } finally {
      this.waitsAt = null;
    }
  }

  close(): void {
    this.#socket?.door.close();
    this.#socket = null;
  }

  #socketAt(at: number, address: Address): ReturnType<typeof socketDoor> {
    if (this.#socket?.at !== at) {
      this.close();
      this.#socket = { at, door: socketDoor(address, personOf(address, this.id, this.token)) };
    }
    return this.#socket.door;
  }
}

/** Asks until some node answers, one after the other. */
// biome-ignore lint/suspicious/noExplicitAny: answers of any shape.
export async function askSurely(caller: Caller, query: string, variables: object = {}): Promise<any> {
  for (;;) {
    const answer = await caller.ask(query, variables);
    if (answer !== null && !isUnavailable(answer)) return answer;
    caller.moveOn();
    await delay(25);
  }
}
