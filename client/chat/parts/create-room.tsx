import { type SyntheticEvent, useState } from 'react';
import { useMutation } from 'urql';
import { makeKey } from '../../sdk/src/index.ts';
import { CreateRoomDocument } from '../documents.ts';
import { faultSentence, refusalSentence } from '../state/sentences.ts';
import type { Limits } from './chat.tsx';

interface CreateRoomProps {
  limits: Limits;
  onCreated: (slug: string) => void;
  onCancel: () => void;
}

/** A new room: its name, its topic, and whether everybody may see it. */
export function CreateRoom({ limits, onCreated, onCancel }: CreateRoomProps) {
  const [{ fetching }, create] = useMutation(CreateRoomDocument);
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [isPrivate, setPrivate] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  // Another name is another room: it gets a key of its own. The same one, sent twice, is made once.
  const [clientKey, setClientKey] = useState(makeKey);

  function changed<Value>(set: (value: Value) => void, value: Value) {
    set(value);
    setClientKey(makeKey());
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await create({
      input: { name: name.trim(), topic: topic.trim() || null, kind: isPrivate ? 'PRIVATE' : 'PUBLIC', clientKey },
    });
    const [refusal] = data?.createRoom.errors ?? [];
    if (error) setProblem(faultSentence(error));
    else if (refusal) setProblem(refusalSentence(refusal));
    else if (data?.createRoom.room) onCreated(data.createRoom.room.slug);
  }

  return (
    <form className="create-room" aria-label="New room" onSubmit={(event) => void submit(event)}>
      <label htmlFor="room-name">Name of the room</label>
      <input
        id="room-name"
        required
        value={name}
        maxLength={limits.roomNameCodePoints * 2}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for this form
        autoFocus
        onChange={(event) => changed(setName, event.target.value)}
      />
      <label htmlFor="room-topic">Topic (may be empty)</label>
      <input
        id="room-topic"
        value={topic}
        maxLength={limits.roomTopicCodePoints * 2}
        onChange={(event) => changed(setTopic, event.target.value)}
      />
      <label className="check">
        <input type="checkbox" checked={isPrivate} onChange={(event) => changed(setPrivate, event.target.checked)} />
        Private: only its members know of it
      </label>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="buttons">
        <button type="submit" className="primary" disabled={fetching}>
          Create
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
