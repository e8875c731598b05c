/** People on some nodes, from their coming in to the evidence: whatever is done to the nodes meanwhile is not theirs. */
import { setTimeout as delay } from 'node:timers/promises';
import { createCursorCodec } from '../../src/log/cursor.ts';
import { type Member, signUp } from '../support/account.ts';
import { makeProgram, type Program } from '../support/api-token.ts';
import type { TestDatabase } from '../support/database.ts';
import { rowIdOf } from '../support/history.ts';
import { createRoom, enterGuest, joinRoom, type Person } from '../support/person.ts';
import { until, within } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
import { type Address, askSurely, Caller } from './doors.ts';
import type { Deed, Evidence, KeptState, Reading, Scope } from './evidence.ts';
import { StateKeeper } from './kept-state.ts';
import { keeperPlan, type Rooms, writerPlan } from './plans.ts';
import { readEventPages } from './queried.ts';
import { ChaosReader, type Habit } from './reader.ts';
import { Revocations } from './revocations.ts';
import { headOf, readEpochOf, readTables } from './stored.ts';
import { type Plan, Writer } from './writer.ts';

/** What the people stand on. */
export interface Stage {
  readonly doors: readonly Address[];
  readonly database: TestDatabase;
}

export interface SceneOptions {
  /** Of everybody's choices: each has random numbers of their own, whenever their turn comes. */
  readonly seed: number;
  /** Beside the keeper. */
  readonly writers: number;
  readonly pauseMs: number;
  /** False: nobody is removed or signed out. Default true. */
  readonly hasRevocations?: boolean;
  /** How long readers may take to get to the end of the log when the writing is over. */
  readonly catchUpMs?: number;
}

type ViewerScope = Extract<Scope, { kind: 'viewer' }>;

interface Cast {
  readonly keeper: Person;
  readonly host: Person;
  readonly writers: readonly Person[];
  readonly comers: readonly Person[];
  readonly watchers: readonly Person[];
  readonly signer: Member;
  readonly programs: readonly Program[];
  readonly rooms: Rooms;
}

interface Follower {
  readonly keeper: StateKeeper;
  readonly reader: ChaosReader;
}

const boundMs = 60_000;
/** Longer than what a node waits for and reads in a repair. */
const quietMs = 1_000;
const comerCount = 3;

const addMember = `mutation ($input: AddMemberInput!) { addMember(input: $input) { errors { code } } }`;
const setOwner = `mutation ($input: SetMemberRoleInput!) { setMemberRole(input: $input) { errors { code } } }`;

export class Scene {
  readonly writers: readonly Writer[];
  readonly #stage: Stage;
  readonly #options: SceneOptions;
  readonly #after: number;
  readonly #positionOf: (cursor: string) => number;
  readonly #readers: readonly ChaosReader[];
  readonly #followers: readonly Follower[];
  readonly #revocations: Revocations | null;
  readonly #queried: readonly (Person & { readonly scope: ViewerScope })[];
  readonly #host: Writer;
  readonly #hall: string;
  #isOver = false;
  readonly #writing: Promise<unknown>;
  readonly #reading: Promise<unknown>;

  /** Everybody comes in, and begins. */
  static async open(stage: Stage, options: SceneOptions): Promise<Scene> {
    const { doors, database } = stage;
    const [door] = doors as [Address];
    const guest = (name: string) => enterGuest(door, name);
    const guests = (count: number, name: string) =>
      Promise.all(Array.from({ length: count }, (_, n) => guest(`${name} ${n}`)));
    const [keeper, host, stranger] = await Promise.all([guest('Keeper'), guest('Host'), guest('Stranger')]);
    const [writers, comers, watchers] = await Promise.all([
      guests(options.writers, 'Writer'),
      guests(comerCount, 'Comer'),
      guests(2, 'Watcher'),
    ]);
    const signer = await signUp(door);
    const rooms: Rooms = {
      hall: await createRoom(keeper, 'Hall'),
      den: await createRoom(keeper, 'Den', 'PRIVATE'),
      porch: await createRoom(keeper, 'Porch'),
      vault: await createRoom(stranger, 'Vault', 'PRIVATE'),
    };
    for (const person of [host, ...writers, ...watchers, signer]) {
      await joinRoom(person, rooms.hall);
      await keeper.ask(addMember, { input: { roomId: rooms.den, userId: person.id } });
    }
    await keeper.ask(setOwner, { input: { roomId: rooms.den, userId: host.id, role: 'OWNER' } });
    const cursors = createCursorCodec(await readEpochOf(database));
    const positionOf = (cursor: string) => cursors.decode(cursor).position;
    // Made before the load: of these the signer's kept state knows, and is told of their ends.
    const programs = await Promise.all([1, 2, 3].map(() => makeProgram(door, signer, { scopes: ['READ'] })));
    const followers = await Promise.all(
      [signer, comers[0] as Person, writers[0] as Person].map((person, n) =>
        follow(stage, person, seededRandom(options.seed - n - 1), positionOf),
      ),
    );
    const cast = { keeper, host, writers, comers, watchers, signer, rooms, programs };
    return new Scene(stage, options, cast, followers, positionOf, await headOf(database));
  }

  private constructor(
    stage: Stage,
    options: SceneOptions,
    cast: Cast,
    followers: readonly Follower[],
    positionOf: (cursor: string) => number,
    after: number,
  ) {
    const { doors } = stage;
    const { pauseMs, hasRevocations = true } = options;
    let streams = 0;
    const newRandom = () => {
      streams += 1;
      return seededRandom(options.seed + streams);
    };
    const { keeper, host, writers, comers, watchers, signer, rooms, programs } = cast;
    this.#stage = stage;
    this.#options = options;
    this.#after = after;
    this.#positionOf = positionOf;
    this.#followers = followers;
    const idsOf = (people: readonly Person[]) => people.map(({ id }) => id);
    const writer = (person: Person, name: string, plan: Plan, index: number) => {
      const caller = new Caller(doors, person, index, index % 2 === 1);
      return new Writer({ caller, name, positionOf, plan, pauseMs, random: newRandom() });
    };
    const keeping = keeperPlan(rooms, { comers: idsOf(comers), writers: idsOf(writers) }, newRandom());
    this.writers = [
      writer(keeper, 'keeper', keeping, 0),
      ...writers.map((person, n) => writer(person, `writer-${n}`, writerPlan(rooms, newRandom()), n)),
    ];
    this.#hall = rooms.hall;
    this.#host = writer(host, 'host', keeping, 0);
    this.#revocations = hasRevocations
      ? new Revocations({ doors, rooms, host: this.#host, signer, programs, random: newRandom(), positionOf })
      : null;

    const reader = (who: Person, scope: Scope, isEventStream: boolean, habit: Habit, at: { door?: number } = {}) =>
      new ChaosReader({ who, doors, scope, isEventStream, habit, random: newRandom(), positionOf, ...at });
    const [one, other] = watchers as [Person, Person];
    const all: ViewerScope = { kind: 'viewer', roomIds: null };
    const some: ViewerScope = { kind: 'viewer', roomIds: [rooms.porch, rooms.den] };
    this.#readers = [
      // One at each: what one of the nodes alone does not tell is missed by somebody.
      ...doors.map((_, door) => reader(one, { kind: 'room', roomId: rooms.hall }, false, 'steady', { door })),
      reader(one, { kind: 'room', roomId: rooms.den }, true, 'coming'),
      reader(one, { kind: 'room', roomId: rooms.den }, false, 'slow'),
      reader(other, all, false, 'coming'),
      reader(other, all, true, 'coming'),
      reader(other, all, true, 'slow'),
      reader(other, some, false, 'coming'),
      ...comers.map((comer, n) => reader(comer, all, n % 2 === 0, n === 1 ? 'coming' : 'steady')),
    ];
    this.#queried = [
      { ...other, scope: all },
      { ...other, scope: some },
      ...comers.map((comer) => ({ ...comer, scope: all })),
    ];

    this.#reading = Promise.all([...this.#readers, ...followers.map((one) => one.reader)].map((each) => each.run()));
    const wantsMore = () => !this.#isOver;
    this.#writing = Promise.all([
      ...this.writers.map((each) => each.run(wantsMore)),
      this.#revocations?.run(wantsMore),
    ]);
    for (const running of [this.#reading, this.#writing]) running.catch(() => undefined);
  }

  /** Writes that have no answer at this moment: at a door, or at all. */
  inFlight(door?: number): number {
    return this.writers.filter(({ waitsAt }) => waitsAt !== null && (door === undefined || waitsAt === door)).length;
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, { deeds }) => sum + deeds.filter(isDone).length, 0);
  }

  /** Writes that were asked for more than once. */
  get repeated(): number {
    return this.writers.reduce((sum, { deeds }) => sum + deeds.filter(({ tries }) => tries > 1).length, 0);
  }

  get resumed(): number {
    return this.#readers.reduce((sum, { connections }) => sum + Math.max(0, connections - 1), 0);
  }

  /** People who were removed, and credentials that were revoked. */
  get revoked(): number {
    return this.#revocations?.count ?? 0;
  }

  /** Waits until something is so. Rejects where a writer got an answer that nobody expects. */
  until(isSo: () => boolean): Promise<void> {
    return Promise.race([this.#writing.then(() => undefined), until(isSo, boundMs)]);
  }

  /** Waits until each writer has been answered for something that it asked for from now on. */
  goesOn(): Promise<void> {
    const now = performance.now();
    return this.until(() => this.writers.every(({ answeredFrom }) => answeredFrom > now));
  }

  /** Ends the writing, waits for those who read, and gathers what there is. The scene is over then. */
  async settle(): Promise<Evidence> {
    const { database, doors } = this.#stage;
    this.#isOver = true;
    await within(boundMs, this.#writing, () => 'writes were not settled');
    // A repair that an earlier event asked for would bring the last word along.
    await delay(quietMs);
    // Nothing comes behind it that would show that it is missing.
    await this.#host.perform({ verb: 'sendMessage', input: { roomId: this.#hall, text: 'the last word' } });
    const head = await headOf(database);
    const readers = [...this.#readers, ...this.#followers.map(({ reader }) => reader)];
    const isThere = ({ position, endedBy }: ChaosReader) => endedBy !== null || (position ?? 0) >= head;
    // One that does not get there has lost something: the checker says what.
    await until(() => readers.every(isThere), this.#options.catchUpMs ?? boundMs).catch(() => undefined);
    const states: KeptState[] = [];
    for (const { keeper, reader } of this.#followers) states.push(await keeper.finish(reader.source));
    this.stop();
    await this.#reading;
    const tables = await readTables(database);
    const endOf = (id: string) => endPositionOf(tables.log, id);
    const queried: Reading[] = [];
    for (const person of this.#queried)
      queried.push(await readEventPages(new Caller(doors, person, 0), person.scope, this.#positionOf));
    return {
      deeds: [...this.writers, this.#host].flatMap(({ deeds }) => deeds),
      revocations: this.#revocations?.revocations ?? [],
      after: this.#after,
      tables,
      readings: [
        ...readers.map((reader) => reader.reading(true)),
        ...(this.#revocations?.readings(endOf) ?? []),
        ...queried,
      ],
      states,
      intrusions: this.#revocations?.intrusions ?? [],
    };
  }

  /** Everybody goes, as they are. */
  stop(): void {
    this.#isOver = true;
    for (const reader of [...this.#readers, ...this.#followers.map((one) => one.reader)]) reader.stop();
  }
}

/** Somebody whose state is loaded, and then kept by a reader of all that is theirs. */
async function follow(
  { doors }: Stage,
  who: Person,
  random: () => number,
  positionOf: (cursor: string) => number,
): Promise<Follower> {
  const caller = new Caller(doors, who, 0);
  const keeper = new StateKeeper(who.id, (query, variables) => askSurely(caller, query, variables));
  await keeper.load();
  const reader = new ChaosReader({
    who,
    doors,
    scope: { kind: 'viewer', roomIds: null },
    isEventStream: false,
    habit: 'coming',
    random,
    positionOf,
    cursor: keeper.cursor,
    onItem: (item) => keeper.apply(item),
  });
  return { keeper, reader };
}

function isDone({ outcome }: Deed): boolean {
  return outcome?.kind === 'done';
}

/** Where the log says that a credential ended. */
function endPositionOf(log: Evidence['tables']['log'], credentialId: string): number {
  const id = rowIdOf(credentialId);
  const end = log.find(({ body }) => [body.sessionIds, body.apiTokenIds].flat().includes(id));
  return end?.position ?? 0;
}
