import { isMemberAt, type LoggedEvent, type LoggedSpan, rowIdOf } from './history.ts';
import { LogStream, messagesQuery } from './log-stream.ts';
import { type Person, send } from './person.ts';
import type { TestServer } from './server.ts';

interface MembersLoad {
  readonly owner: Person;
  readonly people: readonly Person[];
  readonly privateRooms: readonly string[];
  readonly publicRoom: string;
  readonly random: () => number;
  /** Changes of membership in all. */
  readonly count: number;
  /** Somebody has become a member of a private room. */
  readonly onAdded: (person: Person, roomId: string) => void;
  readonly halfway: () => Promise<LogStream[]>;
}

const mutationOf = (name: string, input: string) =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { cursor errors { code } } }`;
const addMember = mutationOf('addMember', 'AddMemberInput');
const removeMember = mutationOf('removeMember', 'RemoveMemberInput');
const leaveRoom = mutationOf('leaveRoom', 'LeaveRoomInput');
const joinRoom = mutationOf('joinRoom', 'JoinRoomInput');

/** People come and go, three changes at a time: added, removed and leaving in private rooms, joining and leaving in the public one. */
export async function changeMembers(load: MembersLoad): Promise<{ midway: LogStream[] }> {
  const { owner, people, privateRooms, publicRoom, random, count, onAdded } = load;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const change = async () => {
    const person = pick(people);
    if (random() < 0.15) {
      await person.ask(random() < 0.5 ? joinRoom : leaveRoom, { input: { roomId: publicRoom } });
      return;
    }
    const roomId = pick(privateRooms);
    const added = await owner.ask(addMember, { input: { roomId, userId: person.id } });
    if (added.data.addMember.cursor !== null) onAdded(person, roomId);
    else if (random() < 0.5) await owner.ask(removeMember, { input: { roomId, userId: person.id } });
    else await person.ask(leaveRoom, { input: { roomId } });
  };
  let midway: LogStream[] = [];
  for (let done = 0; done < count; done += 3) {
    await Promise.all([change(), change(), change()]);
    if (midway.length === 0 && done >= count / 2) midway = await load.halfway();
  }
  return { midway };
}

/** Sends into all rooms in turn, as a member or not; positions of what was accepted. */
export async function sendWhile(
  server: TestServer,
  person: Person,
  rooms: readonly string[],
  isOn: () => boolean,
): Promise<number[]> {
  const positions: number[] = [];
  for (let count = 0; isOn(); count++) {
    const { cursor } = await send(person, rooms[count % rooms.length] as string, `words ${count}`);
    if (cursor) positions.push(server.node.engine.services.cursors.decode(cursor).position);
  }
  return positions;
}

export interface Probed {
  readonly seen: object;
  /** What the answer had to show at its position. */
  expected(log: readonly LoggedEvent[], spans: readonly LoggedSpan[]): object;
}

const probeQuery = `query ($roomId: ID!, $messageId: ID!) {
  room(by: { id: $roomId }) { messages(last: 5) { nodes { id } } } node(id: $messageId) { id }
}`;

/** Reads a room's newest messages and one of its messages by id, again and again. */
export async function probe(
  server: TestServer,
  person: Person,
  roomId: string,
  isOn: () => boolean,
): Promise<Probed[]> {
  const answers: Probed[] = [];
  let messageId = '';
  while (isOn()) {
    const { data, extensions } = await person.ask(probeQuery, { roomId, messageId });
    const { position } = server.node.engine.services.cursors.decode(extensions?.asOf ?? '');
    const asked = messageId;
    answers.push({
      seen: { messages: data.room?.messages.nodes.map(({ id }: { id: string }) => id) ?? null, node: data.node },
      expected(log, spans) {
        const isMember = isMemberAt(spans, rowIdOf(person.id), rowIdOf(roomId), position);
        const newest = messageIds(log, roomId, (at) => at <= position).slice(-5);
        return isMember
          ? { messages: newest, node: asked === '' ? null : { id: asked } }
          : { messages: null, node: null };
      },
    });
    messageId ||= data.room?.messages.nodes[0]?.id ?? '';
  }
  return answers;
}

export interface Span {
  /** Empty where the stream had all of the room from its beginning until the membership ended, and then its end. */
  faults(log: readonly LoggedEvent[], spans: readonly LoggedSpan[]): Promise<string[]>;
}

/** Follows a private room's `messages` for one span of membership. */
export function watchSpans(server: TestServer, person: Person, roomId: string): Span {
  const stream = new LogStream(server, person, { query: messagesQuery, variables: { roomId, last: 3 } });
  return {
    async faults(log, spans) {
      const start = await stream.until(({ items, isRefused }) => items.length > 0 || isRefused);
      await using _ = start;
      if (start.isRefused) return [];
      const [first] = start.items;
      const from = first?.position ?? 0;
      const own = spans.filter(({ userId, roomId: id }) => userId === rowIdOf(person.id) && id === rowIdOf(roomId));
      const span = own.find((one) => one.from <= from && (one.to === null || from < one.to));
      const until = span ? (span.to ?? Number.POSITIVE_INFINITY) : 0;
      await stream.until(({ items }) => items.at(-1)?.kind === 'ENDED' || (items.at(-1)?.position ?? 0) >= log.length);
      const faults: string[] = [];
      const isEnded = stream.items.at(-1)?.kind === 'ENDED';
      if (isEnded !== Number.isFinite(until)) faults.push(`the stream ended: ${isEnded}, the span at ${until}`);
      const newest = messagePositions(log, roomId, (at) => at <= from && at < until).slice(-3);
      const later = messagePositions(log, roomId, (at) => at > from && at < until);
      const wanted = until === 0 ? [] : [...newest, ...later];
      const { positions } = stream;
      for (const position of positions) if (!wanted.includes(position)) faults.push(`${position} is foreign`);
      const expected = wanted.slice(0, positions.length);
      if (expected.join() !== positions.join()) faults.push(`${positions} came instead of ${expected}`);
      if (!isEnded && positions.length < wanted.length) faults.push(`${wanted.length - positions.length} are missing`);
      return faults;
    },
  };
}

function messagePositions(
  log: readonly LoggedEvent[],
  roomId: string,
  isWanted: (position: number) => boolean,
): number[] {
  return messagesOf(log, roomId, isWanted).map(({ position }) => position);
}

function messageIds(log: readonly LoggedEvent[], roomId: string, isWanted: (position: number) => boolean): string[] {
  return messagesOf(log, roomId, isWanted).map(({ body }) => `message_${String(body.messageId).replaceAll('-', '')}`);
}

function messagesOf(log: readonly LoggedEvent[], roomId: string, isWanted: (position: number) => boolean) {
  const id = rowIdOf(roomId);
  return log.filter((one) => one.kind === 'MESSAGE_SENT' && one.roomId === id && isWanted(one.position));
}
