import { Fault } from '../observe/fault.ts';
import type { Log } from '../observe/log.ts';
import type { GroupSpec } from './contract.ts';
import { Group } from './group.ts';
import type { Ring } from './ring.ts';
import { Turns } from './turns.ts';

/** Three sockets full of subscriptions that are all different; the same one counts once, on however many sockets. */
const GROUPS_PER_VIEWER = 300;

/**
 * Executions for one viewer each at a time: what a thousand of them would hold until the database has answered all would outlive
 * the young generation of the heap, and they would take one turn of the event loop.
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
  readonly #options: GroupsOptions;
  readonly #byKey = new Map<string, Group>();
  readonly #turns = new Turns(VIEWER_EXECUTIONS);
  readonly #ofViewer = new Map<string, Map<Group, number>>();

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The group of the key, made where it is new. Give it back by `leave`. Throws TOO_MANY_SUBSCRIPTIONS. */
  join(spec: GroupSpec, viewerId: string): Group {
    const { ring, log, perViewer = GROUPS_PER_VIEWER } = this.#options;
    const group = this.#byKey.get(spec.key) ?? new Group(spec, ring, log, this.#turns);
    const counts = this.#ofViewer.get(viewerId) ?? new Map<Group, number>();
    const count = counts.get(group) ?? 0;
    if (count === 0 && counts.size >= perViewer) {
      const advice = 'end one first, or open one that is open already';
      throw new Fault('TOO_MANY_SUBSCRIPTIONS', `you have ${perViewer} different subscriptions: ${advice}`);
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
