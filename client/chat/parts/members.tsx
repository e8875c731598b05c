import { type SyntheticEvent, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import type { RoomFactsFragment } from '../../gql/graphql.ts';
import { type Member, MemberList } from '../live/member-list.ts';
import type { NewsEvent } from '../live/news.ts';
import { Avatar } from './avatar.tsx';
import type { Person } from './chat.tsx';
import { StatusLine } from './status-line.tsx';
import { useNews, usePerson } from './use-wire.ts';

const memberKinds: ReadonlySet<string> = new Set(['MemberJoined', 'MemberLeft', 'MemberUpdated']);

/** Who is in a room; its owners add people, remove them, and make them owners. */
export function Members({ room, viewer }: { room: RoomFactsFragment; viewer: Person }) {
  const client = useClient();
  const list = useMemo(() => new MemberList(client, room.id), [client, room.id]);
  const { members, hasMore, problem } = useSyncExternalStore(list.store.subscribe, list.store.get);
  const box = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  const isOwner = room.viewerMember?.role === 'OWNER';

  const isOpen = () => box.current?.open === true;
  const take = (event: NewsEvent) => {
    if (isOpen() && memberKinds.has(event.__typename) && event.room?.id === room.id) void list.load();
  };
  useNews({
    take,
    takeOfVisited: take,
    takePerson({ id }) {
      // Their status comes with the list alone.
      if (isOpen() && members?.some(({ user }) => user.id === id)) void list.load();
    },
    gap() {
      if (isOpen()) void list.load();
    },
  });

  function open() {
    box.current?.showModal();
    void list.load();
  }

  return (
    <>
      <button type="button" className="quiet" onClick={open}>
        Members
      </button>
      <dialog ref={box} className="members" aria-labelledby={headingId}>
        <header>
          <h2 id={headingId}>Members of {room.name}</h2>
          <button type="button" className="quiet" onClick={() => box.current?.close()}>
            Close
          </button>
        </header>
        {isOwner && <AddMember list={list} />}
        <p className="problem" role="alert">
          {problem}
        </p>
        <ul>
          {members?.map((member) => (
            <MemberItem key={member.id} member={member} list={list} isOwner={isOwner} viewerId={viewer.id} />
          ))}
        </ul>
        {members === undefined && problem === null && <p role="status">Loading…</p>}
        {hasMore && (
          <button type="button" className="quiet" onClick={() => void list.loadMore()}>
            More members
          </button>
        )}
      </dialog>
    </>
  );
}

function AddMember({ list }: { list: MemberList }) {
  const [handle, setHandle] = useState('');
  const [isBusy, setBusy] = useState(false);
  const id = useId();

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setBusy(true);
    const isAdded = await list.add(handle);
    setBusy(false);
    if (isAdded) setHandle('');
  }

  return (
    <form aria-label="Add a member" onSubmit={(event) => void submit(event)}>
      <label htmlFor={id}>Add by handle</label>
      <div className="buttons">
        <input
          id={id}
          value={handle}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setHandle(event.target.value)}
        />
        <button type="submit" disabled={isBusy}>
          Add
        </button>
      </div>
    </form>
  );
}

interface MemberItemProps {
  member: Member;
  list: MemberList;
  /** Whether the viewer is one. */
  isOwner: boolean;
  viewerId: string;
}

function MemberItem({ member, list, isOwner, viewerId }: MemberItemProps) {
  const { role } = member;
  const user = usePerson(member.user);
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);

  async function run(act: () => Promise<boolean>) {
    setBusy(true);
    await act();
    setBusy(false);
    setAsking(false);
  }

  return (
    <li>
      <div className="person">
        <Avatar person={user} />
        <div>
          <strong>{user.id === viewerId ? `${user.displayName} (you)` : user.displayName}</strong>
          <p className="aside">
            {user.handle === null ? 'Guest' : `@${user.handle}`}
            {role === 'OWNER' && ', owner'}
          </p>
          <StatusLine status={user.status} />
        </div>
      </div>
      {isOwner && isAsking && (
        <div className="buttons" role="alertdialog" aria-label={`Remove ${user.displayName}?`}>
          <button
            type="button"
            disabled={isBusy}
            // biome-ignore lint/a11y/noAutofocus: the question has just been asked
            autoFocus
            onClick={() => void run(() => list.remove(user.id))}
          >
            Yes, remove
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Keep
          </button>
        </div>
      )}
      {isOwner && !isAsking && (
        <div className="buttons">
          <select
            aria-label={`Role of ${user.displayName}`}
            value={role}
            disabled={isBusy}
            onChange={(event) =>
              void run(() => list.setRole(user.id, event.target.value === 'OWNER' ? 'OWNER' : 'MEMBER'))
            }
          >
            <option value="MEMBER">Member</option>
            <option value="OWNER">Owner</option>
          </select>
          {user.id !== viewerId && (
            <button
              type="button"
              disabled={isBusy}
              aria-label={`Remove ${user.displayName}`}
              onClick={() => setAsking(true)}
            >
              Remove
            </button>
          )}
        </div>
      )}
    </li>
  );
}
