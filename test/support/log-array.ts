import type { LogEvent } from '../../src/log/event.ts';
import type { Place } from '../../src/log/head.ts';
import type { Mark, Position } from '../../src/log/position.ts';

const beginning: Mark = { position: 0, tag: 0 };

/** What a tail and a hub read of a log, here of an array. `trimmed`: what of it is no longer held. */
export function logOf(read: () => readonly LogEvent[], trimmed: () => Mark = () => beginning) {
  const held = () => read().filter(({ position }) => position > trimmed().position);
  const head = (): Mark => held().at(-1) ?? trimmed();
  return {
    readHead: async (): Promise<Mark> => head(),
    async readPlace(position: Position): Promise<Place> {
      const place = [trimmed(), ...held()].find((one) => one.position === position);
      return { tag: place?.tag ?? null, trimmed: trimmed(), headPosition: head().position };
    },
    readRange: async ({ after, upTo, limit }: { after: Position; upTo: Position; limit: number }) =>
      held()
        .filter(({ position }) => position > after && position <= upTo)
        .slice(0, limit),
  };
}
