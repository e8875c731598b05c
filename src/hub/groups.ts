import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { GroupSpec } from './contract.ts';
import { Group, type GroupParts } from './group.ts';
import type { Ring } from './ring.ts';
import { EndOfTurn, Turns } from './turns.ts';

/** Three sockets full of subscriptions that are all different; the same one counts once, on however many sockets. */
const GROUPS_PER_VIEWER = 300;

/**
 * Executions for one viewer each at a time. More would take one turn of the event loop, and hold what they need until the database has
 * answered them all; fewer ask it more often, which with 32 cost a third more.
 */
const VIEWER_EXECUTIONS = 512;

export interface GroupsOptions {
  readonly ring: Ring;
  readonly log: Log;
  readonly perViewer?: number;
}

/**
 * The groups that have members. Each costs an execution per event, so the number of different ones that a viewer is in
 * is limited.
 */
export class Groups {
  readonly #perViewer: number;
  readonly #byKey = new Map<string, Group>();
  readonly #parts: GroupParts;
  readonly #ofViewer = new Map<string, Map<Group, number>>();

  constructor({ ring, log, perViewer = GROUPS_PER_VIEWER }: GroupsOptions) {
    this.#perViewer = perViewer;
    this.#parts = { ring, log, turns: new Turns(VIEWER_EXECUTIONS), endOfTurn: new EndOfTurn() };
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The group of the key, made where it is new. Give it back by `leave`. Throws TOO_MANY_SUBSCRIPTIONS. */
  join(spec: GroupSpec, viewerId: string): Group {
    const group = this.#byKey.get(spec.key) ?? new Group(spec, this.#parts);
    const counts = this.#ofViewer.get(viewerId) ?? new Map<Group, number>();
    const count = counts.get(group) ?? 0;
    if (count === 0 && counts.size >= this.#perViewer) {
      const advice = 'end one first, or open one that is open already';
      throw new Fault('TOO_MANY_SUBSCRIPTIONS', `you have ${this.#perViewer} different subscriptions: ${advice}`);
    }
    counts.set(group, count + 1);
    this.#ofViewer.set(viewerId, counts);
    this.#byKey.set(spec.key, group);
    group.members += 1;
    return group;
  }

  leave(group: Group, viewerId: string): void {
    group.members -= 1;
    if (group.members === 0) this.#byKey.delete(group.key);
    const counts = this.#ofViewer.get(viewerId);
    const count = (counts?.get(group) ?? 0) - 1;
    if (count > 0) counts?.set(group, count);
    else counts?.delete(group);
    if (counts?.size === 0) this.#ofViewer.delete(viewerId);
  }
}
