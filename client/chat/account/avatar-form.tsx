import { type DragEvent, useRef, useState } from 'react';
import { useClient } from 'urql';
import { plainRequest } from '../live/plain-request.ts';
import { Avatar } from '../parts/avatar.tsx';
import type { Person } from '../parts/chat.tsx';
import { useForgetPerson } from '../parts/use-wire.ts';
import './avatar-form.css';
import { CropDialog } from './crop-dialog.tsx';
import { PictureDocument } from './documents.ts';
import { pictureTypes, readPicture } from './picture.ts';

const refusals = {
  BAD_REQUEST: 'The server cannot read this picture. Choose another.',
  BODY_TOO_LARGE: 'This picture is too large for the server. Choose another.',
  ACCOUNT_REQUIRED: 'Guests have no picture. Keep your account first.',
};

/** The picture of the viewer: chosen or dropped here, cut to a square, sent, and taken away. */
export function AvatarForm({ viewer, limitBytes }: { viewer: Person; limitBytes: number }) {
  const client = useClient();
  const forgetPerson = useForgetPerson();
  const chooser = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [picture, setPicture] = useState<ImageBitmap | null>(null);
  const [isDraggedOver, setDraggedOver] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);

  async function take(file: File | undefined) {
    if (file === undefined || isBusy) return;
    setNote('');
    setBusy(true);
    const read = await readPicture(file);
    setBusy(false);
    if (typeof read === 'string') return setProblem(read);
    setProblem(null);
    setPicture(read);
  }

  /** Null: done. Else why not. Without a body the picture is taken away. */
  async function change(body: Blob | null): Promise<string | null> {
    const answer = await plainRequest('/avatar', body ? { method: 'PUT', body } : { method: 'DELETE' }, refusals);
    if (typeof answer === 'string') return answer;
    // It is of the cache from here on, wherever the viewer is shown. Nobody else asks this: what is shared with a part that is
    // being read anew for the news of this same change may settle late.
    await client.query(PictureDocument, {}, { requestPolicy: 'network-only' }).toPromise();
    forgetPerson(viewer.id);
    setNote(body ? 'Your picture is changed.' : 'Your picture is removed.');
    return null;
  }

  async function remove() {
    setBusy(true);
    setNote('');
    setProblem(await change(null));
    setBusy(false);
    button.current?.focus();
  }

  function close() {
    picture?.close();
    setPicture(null);
    button.current?.focus();
  }

  const dropTarget = {
    onDragOver(event: DragEvent) {
      event.preventDefault();
      setDraggedOver(true);
    },
    onDragLeave: () => setDraggedOver(false),
    onDrop(event: DragEvent) {
      event.preventDefault();
      setDraggedOver(false);
      void take(event.dataTransfer.files[0]);
    },
  };

  return (
    <fieldset className="avatar-form" data-dragged-over={isDraggedOver} {...dropTarget}>
      <legend>Picture</legend>
      <Avatar person={viewer} size="large" />
      <div>
        <div className="buttons">
          <button ref={button} type="button" disabled={isBusy} onClick={() => chooser.current?.click()}>
            {isBusy ? 'One moment…' : viewer.avatarUrl === null ? 'Choose a picture' : 'Change picture'}
          </button>
          {viewer.avatarUrl !== null && (
            <button type="button" className="quiet" disabled={isBusy} onClick={() => void remove()}>
              Remove picture
            </button>
          )}
        </div>
        <p className="aside">Or drop one here: PNG, JPEG, WebP or GIF.</p>
        <p className="problem" role="alert">
          {problem}
        </p>
        <p className="saved" role="status">
          {note}
        </p>
      </div>
      <input
        ref={chooser}
        type="file"
        hidden
        aria-label="Picture file"
        accept={pictureTypes.join(',')}
        onChange={({ target }) => {
          void take(target.files?.[0]);
          // The same file may be chosen again.
          target.value = '';
        }}
      />
      {picture && <CropDialog picture={picture} limitBytes={limitBytes} send={change} onClose={close} />}
    </fieldset>
  );
}
