import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Outbox } from '../live/outbox.ts';
import type { RoomSession, RoomState } from '../live/room-session.ts';
import type { PendingChange } from '../state/changes.ts';
import type { Draft } from '../state/drafts.ts';
import { rowsOf } from '../state/rows.ts';
import type { Message } from '../state/timeline.ts';
import type { Limits, Person } from './chat.tsx';
import { DraftItem } from './draft-item.tsx';
import { MessageItem } from './message-item.tsx';
import { usePerson } from './use-wire.ts';

/** Within this many pixels of the end one follows new messages; within this many of the beginning older ones are loaded. */
const followWithinPx = 80;
const loadWithinPx = 600;

interface TimelineProps {
  state: RoomState;
  drafts: readonly Draft[];
  changesOf: (message: Message) => readonly PendingChange[];
  outbox: Outbox;
  room: { readonly id: string; readonly name: string };
  session: RoomSession;
  viewer: Person;
  limits: Limits;
  /** Whom to show as online. */
  online: readonly { readonly id: string }[];
}

/** The messages, oldest first, in a box that scrolls: it stays where one reads, and follows when one is at the end. */
export function Timeline(props: TimelineProps) {
  const { state, drafts, changesOf, outbox, room, session, viewer, limits, online } = props;
  const { timeline, isLoaded, isLoadingOlder, newest } = state;
  const rows = useMemo(() => rowsOf(timeline.messages), [timeline.messages]);
  const onlineIds = useMemo(() => new Set(online.map(({ id }) => id)), [online]);
  const box = useRef<HTMLDivElement>(null);
  const { isFollowing, onScroll, toEnd } = useKeptScroll(box, timeline.messages[0]?.id);
  const hasOlder = timeline.olderThan !== null;

  function scrolled() {
    onScroll();
    if (hasOlder && box.current && box.current.scrollTop < loadWithinPx) void session.loadOlder();
  }

  return (
    <div className="timeline-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
      <section className="timeline" ref={box} onScroll={scrolled} tabIndex={0} aria-label="Messages">
        {hasOlder ? (
          <button
            type="button"
            className="older quiet"
            disabled={isLoadingOlder}
            onClick={() => void session.loadOlder()}
          >
            {isLoadingOlder ? 'Loading earlier messages…' : 'Earlier messages'}
          </button>
        ) : (
          <p className="beginning">{isLoaded ? 'This is the beginning of the room.' : 'Loading messages…'}</p>
        )}
        <ol className="messages">
          {rows.map((row) =>
            row.kind === 'day' ? (
              <li key={row.key} className="day">
                <time dateTime={row.at.toISOString()}>{dayFormat.format(row.at)}</time>
              </li>
            ) : (
              <MessageItem
                key={row.key}
                message={row.message}
                isContinued={row.isContinued}
                isOwn={row.message.author?.id === viewer.id}
                isOnline={onlineIds.has(row.message.author?.id ?? '')}
                changes={changesOf(row.message)}
                outbox={outbox}
                room={room}
                limits={limits}
              />
            ),
          )}
          {drafts.map((draft) => (
            <DraftItem key={draft.clientKey} draft={draft} outbox={outbox} room={room} limits={limits} />
          ))}
        </ol>
      </section>
      {!isFollowing && (
        <button type="button" className="to-end" onClick={toEnd}>
          To the newest ↓
        </button>
      )}
      <Announcer newest={newest} viewerId={viewer.id} />
    </div>
  );
}

/** Says each new message of others to those who listen to the page. History that is loaded is not said. */
function Announcer({ newest, viewerId }: { newest: Message | null; viewerId: string }) {
  const author = usePerson(newest?.author ?? null);
  const isWorthSaying = newest?.text != null && newest.author?.id !== viewerId;
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="announcer">
      {isWorthSaying ? `${author?.displayName ?? 'Somebody'}: ${newest.text}` : ''}
    </p>
  );
}

/**
 * Keeps the box at its end while one is there, and the lines in place while rows grow in front: `firstId` is the id of the first
 * message. The browser's own anchoring is off (chat.css): it does not work at the very top.
 */
function useKeptScroll(box: React.RefObject<HTMLDivElement | null>, firstId: string | undefined) {
  const [isFollowing, setFollowing] = useState(true);
  const following = useRef(true);
  const before = useRef<{ firstId: string | undefined; height: number }>({ firstId, height: 0 });

  // After every render: it costs one reading of the height, and rows may have changed for any reason.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (following.current) element.scrollTop = element.scrollHeight;
    else if (before.current.firstId !== firstId) element.scrollTop += element.scrollHeight - before.current.height;
    before.current = { firstId, height: element.scrollHeight };
  });

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    // The box shrinks when the composer grows or a keyboard opens.
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);

  return {
    isFollowing,
    onScroll() {
      const element = box.current;
      if (element === null) return;
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < followWithinPx;
      setFollowing(following.current);
      before.current.height = element.scrollHeight;
    },
    toEnd() {
      following.current = true;
      box.current?.scrollTo({ top: box.current.scrollHeight });
    },
  };
}

const dayFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
