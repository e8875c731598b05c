/** People who lose what they may: removed from a private room, or with their session or API token revoked, while they read. */
import type { Member } from '../support/account.ts';
import type { Program } from '../support/api-token.ts';
import { until } from '../support/process.ts';
import { type Address, askSurely, Caller } from './doors.ts';
import type { Reading, Revocation } from './evidence.ts';
import type { Rooms } from './plans.ts';
import { ChaosReader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface RevocationsOptions {
  readonly doors: readonly Address[];
  readonly rooms: Rooms;
  /** Owns the den. */
  readonly host: Writer;
  /** Has an account, and is a member of the den. */
  readonly signer: Member;
  /** Tokens of the signer that are there already: these end first. */
  readonly programs: readonly Program[];
  readonly random: () => number;
  readonly positionOf: (cursor: string) => number;
}

interface Ended {
  readonly readers: readonly ChaosReader[];
  /** Null: a membership ended, no credential. */
  readonly revocation: Revocation | null;
}

/** Events of the den that readers get before, and others behind, the end. */
const someEvents = 5;
const boundMs = 60_000;

const enter = `mutation { enterAsGuest(input: { displayName: "Victim" }) { token viewer { user { id } } } }`;
const makeToken = `mutation { made: createApiToken(input: { name: "Reader", scopes: [READ] }) { token apiToken { id } errors { code } } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { token errors { code } } }`;
const ownSession = `{ viewer { sessions(first: 100) { nodes { id isCurrent } } } }`;
const revokeToken = `mutation ($id: ID!) { done: revokeApiToken(input: { apiTokenId: $id }) { cursor errors { code } } }`;
const revokeSession = `mutation ($id: ID!) { done: revokeSession(input: { sessionId: $id }) { cursor errors { code } } }`;
const probe = `query ($roomId: ID!) { viewer { user { id } } room(by: { id: $roomId }) { id } }`;

export class Revocations {
  readonly intrusions: string[] = [];
  readonly #options: RevocationsOptions;
  readonly #ended: Ended[] = [];
  readonly #programs: Program[];
  #wantsMore: () => boolean = () => true;

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#programs = [...options.programs];
  }

  get count(): number {
    return this.#ended.length;
  }

  get revocations(): readonly Revocation[] {
    return this.#ended.flatMap(({ revocation }) => revocation ?? []);
  }

  /** `positionOf` of a revocation whose answer was lost. */
  readings(positionOf: (credentialId: string) => number): Reading[] {
    return this.#ended.flatMap(({ readers, revocation }) =>
      readers.map((reader) =>
        reader.reading(false, revocation && (revocation.position ?? positionOf(revocation.credentialId))),
      ),
    );
  }

  /** One after the other, of each kind in turn. */
  async run(wantsMore: () => boolean): Promise<void> {
    this.#wantsMore = wantsMore;
    const kinds = [() => this.#removeMember(), () => this.#revoke('token'), () => this.#revoke('session')];
    for (let count = 0; wantsMore(); count += 1) await kinds[count % kinds.length]?.();
  }

  async #removeMember(): Promise<void> {
    const { rooms, host } = this.#options;
    const anybody = this.#caller({ id: '', token: '' });
    const { data } = await askSurely(anybody, enter);
    const who = { id: data.enterAsGuest.viewer.user.id, token: data.enterAsGuest.token };
    const input = { roomId: rooms.den, userId: who.id };
    await host.perform({ verb: 'addMember', input });
    await this.#watch(who, async (readers) => {
      const { outcome } = await host.perform({ verb: 'removeMember', input });
      const position = outcome?.kind === 'done' ? (outcome.position ?? 0) : 0;
      const answer = await askSurely(this.#caller(who), probe, { roomId: rooms.den });
      if (answer.data?.room) this.intrusions.push(`${who.id} was shown the room, behind ${position}`);
      // The room's messages end for them; all that is theirs goes on, without the room.
      const isPast = ({ position: at, endedBy }: ChaosReader) => endedBy !== null || (at ?? 0) > position + someEvents;
      // When the others write no more, nothing comes behind the end.
      await until(() => !this.#wantsMore() || readers.every(isPast), boundMs).catch(() => this.#complain(readers));
      this.#ended.push({ readers, revocation: null });
    });
  }

  async #revoke(kind: 'token' | 'session'): Promise<void> {
    const { signer, rooms } = this.#options;
    const owner = this.#caller(signer);
    const made = kind === 'token' ? await this.#makeToken(owner) : await this.#makeSession();
    await this.#watch({ id: signer.id, token: made.token }, async (readers) => {
      const mutation = kind === 'token' ? revokeToken : revokeSession;
      const { data } = await askSurely(owner, mutation, { id: made.id });
      const { cursor } = data.done;
      const revocation = { credentialId: made.id, position: cursor && this.#options.positionOf(cursor) };
      const thief = this.#caller({ id: signer.id, token: made.token });
      for (const _ of this.#options.doors) {
        const answer = await askSurely(thief, probe, { roomId: rooms.den });
        if (answer.data?.viewer || answer.data?.room) this.intrusions.push(`${made.id} let in after it was revoked`);
        thief.moveOn();
      }
      await until(() => readers.every(({ endedBy }) => endedBy !== null), boundMs).catch(() => this.#complain(readers));
      this.#ended.push({ readers, revocation });
    });
  }

  async #makeToken(owner: Caller): Promise<{ id: string; token: string }> {
    const program = this.#programs.pop();
    if (program) return { id: program.tokenId, token: program.token };
    const { data } = await askSurely(owner, makeToken);
    if (!data.made.token) throw new Error(JSON.stringify(data));
    return { id: data.made.apiToken.id, token: data.made.token };
  }

  async #makeSession(): Promise<{ id: string; token: string }> {
    const { handle, password, id } = this.#options.signer;
    const answer = await askSurely(this.#caller({ id, token: '' }), signIn, { input: { handle, password } });
    const token = answer.data?.signIn?.token;
    if (!token) throw new Error(JSON.stringify(answer));
    const { data } = await askSurely(this.#caller({ id, token }), ownSession);
    return { id: data.viewer.sessions.nodes.find((one: { isCurrent: boolean }) => one.isCurrent).id, token };
  }

  /** Two readers, of the room and of all that is theirs, who have had some of it when the end comes. */
  async #watch(who: { id: string; token: string }, end: (readers: readonly ChaosReader[]) => Promise<void>) {
    const { doors, rooms, random, positionOf } = this.#options;
    const scopes = [{ kind: 'room', roomId: rooms.den } as const, { kind: 'viewer', roomIds: null } as const];
    const readers = scopes.map(
      (scope) =>
        new ChaosReader({ who, doors, scope, isEventStream: random() < 0.5, habit: 'steady', random, positionOf }),
    );
    const running = readers.map((reader) => reader.run());
    const hasSome = ({ items, endedBy }: ChaosReader) => endedBy !== null || items.length >= someEvents;
    try {
      await until(() => !this.#wantsMore() || readers.every(hasSome), boundMs);
      if (!readers.every(hasSome)) return;
      for (const { source, endedBy } of readers)
        if (endedBy !== null) this.intrusions.push(`${source} of ${who.id} was ended too early: ${endedBy}`);
      await end(readers);
    } finally {
      for (const reader of readers) reader.stop();
      await Promise.all(running);
    }
  }

  #complain(readers: readonly ChaosReader[]): void {
    for (const { source, endedBy } of readers)
      if (endedBy === null) this.intrusions.push(`${source} went on after the end of its right`);
  }

  #caller(who: { id: string; token: string }): Caller {
    const { doors, random } = this.#options;
    return new Caller(doors, who, Math.floor(random() * doors.length));
  }
}
