import type { EndCode, StreamEnd, StreamItem } from '../src/hub/contract.ts';
import type { Mark } from '../src/log/position.ts';
import { unreachable } from '../src/observe/unreachable.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { shared } from './shared.ts';

type EndCodes = Record<EndCode, { description: string }>;

const EndCodeRef = builder.enumType('EndCode', {
  description: 'Why a stream ended, and what to do.',
  values: {
    NO_LONGER_READABLE: { description: 'The viewer may not read the room any more: stop, or join it again.' },
    SIGNED_OUT: { description: 'The session ended: sign in again.' },
    TOKEN_REPLACED: {
      description: 'The session goes on under a new token: connect again with it and go on after the last cursor.',
    },
    CURSOR_EXPIRED: { description: 'The log no longer holds the place: load state anew and go on from its asOf.' },
    SERVER_STOPPING: { description: 'This server is going down: connect again and go on after the last cursor.' },
  } satisfies EndCodes as EndCodes,
});

/** The last word of a stream. */
export const StreamEndRef = builder.objectRef<StreamEnd>('StreamEnd').implement({
  description: 'The end of a stream that ended by itself; nothing comes after it.',
  fields: (t) => ({
    code: t.expose('code', { ...shared('Why; programs decide by this.'), type: EndCodeRef }),
    message: t.exposeString('message', { ...shared('The same for people, in English.') }),
  }),
});

/** Items of the streams that read the log. */
export type LogItem = Exclude<StreamItem, { kind: 'typing' | 'presence' }>;

/** A stream of the log never holds a state; one would be a bug of the hub. */
export function asLogItem(item: StreamItem): LogItem {
  if (item.kind === 'typing' || item.kind === 'presence')
    throw new Error(`a stream of the log got a state, ${item.kind}`);
  return item;
}

/** The place in the log at which an item stands. */
export function markOf(item: LogItem): Mark {
  switch (item.kind) {
    case 'event':
      return { position: item.event.position, tag: item.event.tag };
    case 'checkpoint':
    case 'end':
      return item.mark;
    default:
      return unreachable(item);
  }
}

export function cursorOf(item: LogItem, context: Context): string {
  return context.services.cursors.encode(markOf(item));
}

export function endOf(item: StreamItem): StreamEnd | null {
  return item.kind === 'end' ? item.end : null;
}
