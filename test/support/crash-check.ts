/** The judge of a crash: compares what was acknowledged with what is there. Pure; finds nothing in a good log. */

/** A send and what became of it. */
export interface Sent {
  readonly senderId: string;
  readonly roomId: string;
  readonly key: string;
  readonly text: string;
  /** Of the message that the acknowledgement showed; null: not acknowledged. */
  messageId: string | null;
  /** Times that it was asked for: more than one where an answer did not come. */
  tries: number;
  /** The acknowledgement said that an earlier try had done it. */
  isReplayed: boolean;
}

/** A row of `message`. */
export interface StoredMessage {
  readonly id: string;
  readonly authorId: string;
  readonly roomId: string;
  readonly clientKey: string | null;
  readonly text: string | null;
}

/** A row of `event`. */
export interface StoredEvent {
  readonly position: number;
  readonly roomId: string | null;
  readonly roomSeq: number | null;
  readonly kind: string;
  /** Null in events of other things. */
  readonly messageId: string | null;
}

/** The messages of some rooms as one source showed them, in its order. */
export interface Sighting {
  readonly source: string;
  readonly roomIds: readonly string[];
  readonly messageIds: readonly string[];
}

export interface Evidence {
  /** All of them settled: every sender has repeated until it was answered. */
  readonly sent: readonly Sent[];
  readonly messages: readonly StoredMessage[];
  /** In the order of position, from the one after `after`. */
  readonly events: readonly StoredEvent[];
  readonly after: number;
  readonly sightings: readonly Sighting[];
}

/** Each finding is a sentence; a good run has none. */
export interface Verdict {
  /** Acknowledged, and not there as it was acknowledged. */
  readonly lost: readonly string[];
  /** There more than once, in the log or in the table; or there without having been asked for. */
  readonly doubled: readonly string[];
  /** Positions and counts of rooms that do not follow each other. */
  readonly holes: readonly string[];
  /** Histories and subscriptions that show something else than the log. */
  readonly unlike: readonly string[];
}

export function judge(evidence: Evidence): Verdict {
  return {
    lost: findLost(evidence),
    doubled: findDoubled(evidence),
    holes: findHoles(evidence),
    unlike: evidence.sightings.flatMap((sighting) => compare(sighting, evidence.events)),
  };
}

export function isClean(verdict: Verdict): boolean {
  return Object.values(verdict).every((findings: readonly string[]) => findings.length === 0);
}

function findLost({ sent, messages, events }: Evidence): string[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const logged = new Map(events.flatMap(({ kind, messageId, roomId }) => (isSend(kind) ? [[messageId, roomId]] : [])));
  return sent.flatMap(({ messageId, senderId, roomId, key, text }) => {
    if (messageId === null) return [`${key} was never acknowledged`];
    const stored = byId.get(messageId);
    const isWhole =
      stored?.authorId === senderId && stored.roomId === roomId && stored.clientKey === key && stored.text === text;
    if (!isWhole) return [`${key} was acknowledged as ${messageId}, which is ${JSON.stringify(stored ?? 'not there')}`];
    return logged.get(messageId) === roomId ? [] : [`${key} was acknowledged, and the log does not tell of it`];
  });
}

function findDoubled({ sent, messages, events }: Evidence): string[] {
  const asked = new Set(sent.map(({ senderId, key }) => `${senderId} ${key}`));
  const strays = messages.filter(({ authorId, clientKey }) => !asked.has(`${authorId} ${clientKey}`));
  return [
    ...repeated(messages.map(({ authorId, text }) => `${authorId} ${text}`)).map((one) => `stored twice: ${one}`),
    ...repeated(events.flatMap(({ kind, messageId }) => (isSend(kind) && messageId !== null ? [messageId] : []))).map(
      (id) => `in the log twice: ${id}`,
    ),
    ...strays.map(({ id }) => `nobody sent ${id}`),
  ];
}

function findHoles({ events, after }: Evidence): string[] {
  const holes: string[] = [];
  const roomSeqs = new Map<string, number>();
  let position = after;
  for (const event of events) {
    if (event.position !== position + 1) holes.push(`after position ${position} comes ${event.position}`);
    position = event.position;
    if (event.roomId === null) continue;
    const seq = roomSeqs.get(event.roomId) ?? 0;
    if (event.roomSeq !== seq + 1) holes.push(`in room ${event.roomId} after ${seq} comes ${event.roomSeq}`);
    roomSeqs.set(event.roomId, event.roomSeq ?? 0);
  }
  return holes;
}

function compare({ source, roomIds, messageIds }: Sighting, events: readonly StoredEvent[]): string[] {
  const rooms = new Set(roomIds);
  const expected = events.flatMap(({ kind, roomId, messageId }) =>
    isSend(kind) && roomId !== null && messageId !== null && rooms.has(roomId) ? [messageId] : [],
  );
  const at = expected.findIndex((id, index) => messageIds[index] !== id);
  if (at >= 0) return [`${source}: message ${at + 1} is ${messageIds[at] ?? 'missing'}, in the log ${expected[at]}`];
  return messageIds.length > expected.length ? [`${source}: more than the log holds, ${messageIds.length}`] : [];
}

function isSend(kind: string): boolean {
  return kind === 'MESSAGE_SENT';
}

function repeated(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.filter((item) => seen.size === seen.add(item).size);
}
