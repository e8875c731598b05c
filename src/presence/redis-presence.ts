import { randomBytes } from 'node:crypto';
import type { RedisLink } from '../bus/redis-link.ts';
import { type Presence, type PresenceTimes, presenceTimes } from './contract.ts';
import { OwnPeople } from './own-people.ts';
import { Peers } from './peers.ts';
import { People } from './people.ts';
import { chunksOf, notePeople, type PresenceNote } from './presence-note.ts';

const TOPIC = 'presence';
const SWEEP_MS = 1_000;

export interface RedisPresenceOptions {
  readonly link: RedisLink;
  readonly times?: PresenceTimes;
}

/**
 * People of several nodes. Each node tells the changes of its own, gathered, and renews the lease of all of them with one
 * small message. Who has missed something sees it by the version and asks. Nothing is kept in Redis. Resolves when other
 * nodes come in, or when it is known that they cannot now.
 */
export async function startRedisPresence(options: RedisPresenceOptions): Promise<Presence & { close(): void }> {
  const { link, times = presenceTimes } = options;
  const node = randomBytes(8).toString('hex');
  const people = new People();
  const say = (note: PresenceNote): void => link.publish(TOPIC, () => JSON.stringify(note));
  const peers = new Peers({ ...times, people, ask: (asked) => say({ kind: 'asked', node: asked }) });
  /** What is not told yet: true for who came, false for who left. */
  const untold = new Map<string, boolean>();
  let version = 0;
  let isAsked = false;
  let isCalled = false;
  let gathering: NodeJS.Timeout | null = null;

  const own = new OwnPeople({
    graceMs: times.graceMs,
    onCame(userId) {
      people.add(node, userId);
      gatherChange(userId, true);
    },
    onLeft(userId) {
      people.delete(node, userId);
      gatherChange(userId, false);
    },
  });

  function gatherChange(userId: string, hasCome: boolean): void {
    if (untold.get(userId) === !hasCome) untold.delete(userId);
    else untold.set(userId, hasCome);
    gather();
  }

  function gather(): void {
    gathering ??= setTimeout(tell, times.gatherMs).unref();
  }

  function tell(): void {
    gathering = null;
    for (const changes of chunksOf([...untold], notePeople)) {
      version += 1;
      const those = (hasCome: boolean) => changes.filter(([, came]) => came === hasCome).map(([userId]) => userId);
      say({ kind: 'changed', node, version, came: those(true), left: those(false) });
    }
    untold.clear();
    if (isAsked) tellWhole();
    else if (isCalled) say({ kind: 'alive', node, version });
    isAsked = false;
    isCalled = false;
  }

  function tellWhole(): void {
    const chunks = chunksOf(people.of(node), notePeople);
    const parts = Math.max(1, chunks.length);
    for (let part = 0; part < parts; part++) {
      say({ kind: 'whole', node, version, part, parts, userIds: chunks[part] ?? [] });
    }
  }

  function hear(payload: string): boolean {
    const note = JSON.parse(payload) as PresenceNote;
    switch (note.kind) {
      case 'alive':
        peers.alive(note.node, note.version);
        return true;
      case 'changed':
        peers.changed(note);
        return true;
      case 'whole':
        peers.whole(note);
        return true;
      case 'gone':
        peers.gone(note.node);
        return true;
      case 'called':
        isCalled = true;
        gather();
        return true;
      case 'asked':
        if (note.node !== node) return true;
        isAsked = true;
        gather();
        return true;
      default:
        return false;
    }
  }

  const unsubscribe = await link.subscribe(TOPIC, hear);
  function meet(): void {
    say({ kind: 'called' });
    say({ kind: 'alive', node, version });
  }
  const stopMeeting = link.onUp(meet);
  meet();
  const renewing = setInterval(() => say({ kind: 'alive', node, version }), times.renewMs).unref();
  // After a stall of the process the timer comes first, before renewals that have waited in their socket.
  const sweepMs = Math.min(SWEEP_MS, times.graceMs / 2);
  const sweeping = setInterval(() => setImmediate(() => peers.sweep()), sweepMs).unref();

  return {
    come: (userId) => own.come(userId),
    leave: (userId) => own.leave(userId),
    isOnline: (userId) => people.isOnline(userId),
    online: () => people.online(),
    watch: (onChange) => people.watch(onChange),
    get size() {
      return people.size;
    },
    close() {
      say({ kind: 'gone', node });
      unsubscribe();
      stopMeeting();
      own.close();
      for (const timer of [renewing, sweeping]) clearInterval(timer);
      if (gathering) clearTimeout(gathering);
    },
  };
}
