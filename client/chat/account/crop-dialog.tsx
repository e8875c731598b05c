import { type KeyboardEvent, type PointerEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { middleOf, moved, zoomed } from './crop.ts';
import { drawCrop, encodeCrop } from './picture.ts';

interface CropDialogProps {
  picture: ImageBitmap;
  limitBytes: number;
  /** Resolves to null when it is sent, or to why not. */
  send: (square: Blob) => Promise<string | null>;
  onClose: () => void;
}

const largestZoom = 4;
/** Of the side of the square, by each press of an arrow key. */
const keyStep = 0.05;
const previewPx = 512;

/** Chooses the square of a picture: moved by pointer or arrow keys, its size by a slider. What is cut away is not sent. */
export function CropDialog({ picture, limitBytes, send, onClose }: CropDialogProps) {
  const [crop, setCrop] = useState(() => middleOf(picture));
  const [zoom, setZoom] = useState(1);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const box = useRef<HTMLDialogElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const id = useId();

  useEffect(() => box.current?.showModal(), []);
  useLayoutEffect(() => {
    if (canvas.current) drawCrop(canvas.current, picture, crop);
  }, [picture, crop]);

  async function use() {
    setBusy(true);
    const square = await encodeCrop(picture, crop, limitBytes);
    const whyNot = square === null ? 'This picture cannot be made small enough.' : await send(square);
    setBusy(false);
    setProblem(whyNot);
    if (whyNot === null) box.current?.close();
  }

  function move(right: number, down: number) {
    setCrop((before) => moved(before, { right, down }, picture));
  }

  function drag(event: PointerEvent<HTMLCanvasElement>) {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    // The picture goes with the finger, so the square goes the other way.
    const { clientWidth } = event.currentTarget;
    move(-event.movementX / clientWidth, -event.movementY / clientWidth);
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const [right = 0, down = 0] = step;
    move(right * keyStep, down * keyStep);
  }

  return (
    <dialog ref={box} className="crop" aria-labelledby={`${id}-title`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void use();
        }}
      >
        <h2 id={`${id}-title`}>Place your picture</h2>
        {/* Without a role of its own a screen reader would keep the arrow keys to itself. */}
        <div className="crop-frame" role="application" aria-label="Part of the picture" aria-describedby={`${id}-how`}>
          <canvas
            ref={canvas}
            width={previewPx}
            height={previewPx}
            tabIndex={0}
            aria-label="Your picture"
            onKeyDown={onKeyDown}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
          />
        </div>
        <p id={`${id}-how`} className="aside">
          Drag it, or move it with the arrow keys.
        </p>
        <div className="field">
          <label htmlFor={`${id}-zoom`}>Zoom</label>
          <input
            id={`${id}-zoom`}
            type="range"
            min={1}
            max={largestZoom}
            step={0.05}
            value={zoom}
            onChange={({ target }) => {
              const next = Number(target.value);
              setZoom(next);
              setCrop((before) => zoomed(before, next, picture));
            }}
          />
        </div>
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="buttons">
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? 'One moment…' : 'Use this picture'}
          </button>
          <button type="button" onClick={() => box.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
