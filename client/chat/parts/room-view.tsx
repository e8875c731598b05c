import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useMutation } from 'urql';
import type { RoomFactsFragment } from '../../gql/graphql.ts';
import { JoinRoomDocument, LeaveRoomDocument } from '../documents.ts';
import type { Outbox } from '../live/outbox.ts';
import type { RoomLists } from '../live/room-lists.ts';
import { RoomSession } from '../live/room-session.ts';
import type { Wire } from '../live/wire.ts';
import { changesIn } from '../state/changes.ts';
import { connectionOf, connectionText } from '../state/connection.ts';
import { draftsOf } from '../state/drafts.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';
import type { UnsentTexts } from '../state/unsent-texts.ts';
import type { Limits, Person } from './chat.tsx';
import { Composer } from './composer.tsx';
import { Members } from './members.tsx';
import { PeopleOnline, usePresence } from './people-online.tsx';
import { Timeline } from './timeline.tsx';
import { TypingLine } from './typing-line.tsx';
import { useNews } from './use-wire.ts';

interface RoomViewProps {
  wire: Wire;
  outbox: Outbox;
  unsentTexts: UnsentTexts;
  room: RoomFactsFragment;
  viewer: Person;
  limits: Limits;
  onBack: () => void;
}

/** Opens a session for the room that is shown, and shows it. */
export function RoomView(props: RoomViewProps) {
  const { wire, room, outbox } = props;
  const [session, setSession] = useState<RoomSession | null>(null);
  const [gaps, setGaps] = useState(0);
  useNews({ gap: () => setGaps((before) => before + 1) });

  // biome-ignore lint/correctness/useExhaustiveDependencies: behind a gap in the news, names in what was loaded may be old
  useEffect(() => {
    const opened = new RoomSession({
      client: wire.client,
      socketState: wire.socketState,
      outbox,
      roomId: room.id,
    });
    setSession(opened);
    opened.start();
    return () => opened.stop();
  }, [wire, outbox, room.id, gaps]);

  return session === null ? <main className="room" /> : <OpenRoom {...props} session={session} />;
}

function OpenRoom({
  wire,
  outbox,
  unsentTexts,
  room,
  viewer,
  limits,
  onBack,
  session,
}: RoomViewProps & { session: RoomSession }) {
  const state = useSyncExternalStore(session.store.subscribe, session.store.get);
  const socket = useSyncExternalStore(wire.socketState.subscribe, wire.socketState.get);
  const connection = connectionOf(socket, state.isCaughtUp);
  const membership = useMembership(room, wire.roomLists);
  const people = usePresence(room.id);
  const isVisitor = room.viewerMember === null;
  useEffect(() => (isVisitor ? wire.news.visit(room.id) : undefined), [wire, room.id, isVisitor]);
  const isOnline = socket === 'open';
  const unsent = useSyncExternalStore(outbox.store.subscribe, outbox.store.get);
  const drafts = draftsOf({
    outbox: unsent,
    roomId: room.id,
    messages: state.timeline.messages,
    isOnline: socket !== 'retrying',
  });
  const changesOf = useMemo(() => changesIn(unsent, socket !== 'retrying'), [unsent, socket]);

  return (
    <main className="room" aria-labelledby="room-name-heading">
      <header className="room-head">
        <button type="button" className="back quiet" onClick={onBack} aria-label="All rooms">
          ‹
        </button>
        <div className="room-title">
          <h1 id="room-name-heading">{room.name}</h1>
          {room.topic && <p>{room.topic}</p>}
        </div>
        {isOnline && state.ended === null && <PeopleOnline people={people} viewerId={viewer.id} />}
        {state.ended === null && (
          <p className="connection" data-state={connection} role="status">
            {connectionText[connection]}
          </p>
        )}
        {state.ended === null && <Members room={room} viewer={viewer} />}
        {room.viewerMember && (
          <button type="button" className="quiet" disabled={membership.isBusy} onClick={membership.leave}>
            Leave room
          </button>
        )}
      </header>
      <Timeline
        state={state}
        drafts={drafts}
        changesOf={changesOf}
        outbox={outbox}
        room={room}
        session={session}
        viewer={viewer}
        limits={limits}
        online={isOnline ? people.users : []}
      />
      <TypingLine roomId={room.id} viewerId={viewer.id} isOnline={isOnline} />
      <p className="problem" role="alert">
        {state.ended ?? membership.problem ?? state.problem}
      </p>
      {state.ended === null &&
        (room.viewerMember ? (
          <Composer outbox={outbox} roomId={room.id} roomName={room.name} unsentTexts={unsentTexts} limits={limits} />
        ) : (
          <div className="join">
            <p>You are reading as a visitor.</p>
            <button type="button" className="primary" disabled={membership.isBusy} onClick={membership.join}>
              Join to write
            </button>
          </div>
        ))}
    </main>
  );
}

/** Joining and leaving; `problem` says why it did not work. */
function useMembership(room: RoomFactsFragment, lists: RoomLists) {
  const [{ fetching: isJoining }, join] = useMutation(JoinRoomDocument);
  const [{ fetching: isLeaving }, leave] = useMutation(LeaveRoomDocument);
  const [problem, setProblem] = useState<string | null>(null);

  async function run(leaves: boolean) {
    const { error, data } = leaves
      ? await leave({ roomId: room.id }).then(({ error, data }) => ({ error, data: data?.leaveRoom }))
      : await join({ roomId: room.id }).then(({ error, data }) => ({ error, data: data?.joinRoom }));
    const [refusal] = data?.errors ?? [];
    if (data?.member) lists.refresh();
    setProblem(error ? faultSentence(error) : refusal ? refusalSentence(refusal) : null);
  }

  return {
    isBusy: isJoining || isLeaving,
    problem,
    join: () => void run(false),
    leave: () => void run(true),
  };
}
