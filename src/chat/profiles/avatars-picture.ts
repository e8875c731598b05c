import type { SharpOptions } from 'sharp';
import { Fault } from '../../observe/fault.ts';
import { type PictureFormat, pictureFormatOf } from './avatars-format.ts';

export const avatarLimits = {
  /** 512 KiB: a picture of 512 by 512 takes a tenth of that. */
  avatarBytes: 524_288,
  /** Of either side: what unpacks to more could be made to hurt whoever unpacks it. */
  avatarPixels: 2_048,
} as const;

export interface Picture {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What is shown of pictures that people send in. */
export interface Pictures {
  /**
   * The picture painted anew, upright, as WebP of at most 512 by 512 pixels, moving where it moved: nothing else that was in
   * the bytes is left. Throws BAD_REQUEST and BODY_TOO_LARGE for what cannot be shown, RATE_LIMITED when too many wait.
   */
  make(bytes: Buffer): Promise<Picture>;
}

/** Larger than any place that shows them, twice over for dense screens. */
const SHOWN_PIXELS = 512;
/** Of all frames of a picture that moves: as many as a still one has at most, or 64 frames of 256 by 256. */
const ANIMATED_PIXELS = 2_048 * 2_048;
const ANIMATED_FRAMES = 200;
/** The worst that came to mind took a second on a busy core. */
const TIMEOUT_SECONDS = 5;
/** Each holds the bytes that were sent in. */
const WAITING = 20;

const options: SharpOptions = { limitInputPixels: avatarLimits.avatarPixels ** 2, failOn: 'error' };

export function createPictures({ waiting = WAITING }: { readonly waiting?: number } = {}): Pictures {
  let last: Promise<unknown> = Promise.resolve();
  let held = 0;
  let lastMs = 50;

  return {
    async make(bytes) {
      checkPicture(bytes);
      if (held > waiting) {
        const retryAfterMs = Math.ceil(held * lastMs);
        throw new Fault('RATE_LIMITED', `too many pictures at once: wait ${retryAfterMs} ms`, {
          bucket: 'changes',
          retryAfterMs,
        });
      }
      held += 1;
      // One at a time: the others, and whatever else needs a core, are not kept from theirs.
      const made = last.then(async () => {
        const startedAt = performance.now();
        try {
          return await paint(bytes);
        } finally {
          lastMs = performance.now() - startedAt;
          held -= 1;
        }
      });
      last = made.catch(() => undefined);
      return made;
    },
  };
}

/** What its own header says, before anything is unpacked. */
function checkPicture(bytes: Buffer): PictureFormat {
  const format = pictureFormatOf(bytes);
  const { avatarBytes, avatarPixels } = avatarLimits;
  if (format === null) throw new Fault('BAD_REQUEST', 'the body is no picture: send PNG, JPEG, WebP or GIF');
  const { width, height } = format;
  if (Math.min(width, height) < 1 || Math.max(width, height) > avatarPixels) {
    throw new Fault('BAD_REQUEST', `the picture has ${width} by ${height} pixels; each side has 1 to ${avatarPixels}`);
  }
  if (bytes.length > avatarBytes) throw new Fault('BODY_TOO_LARGE', `a picture has at most ${avatarBytes} bytes`);
  return format;
}

async function paint(bytes: Buffer): Promise<Picture> {
  const sharp = await library();
  try {
    const { pages = 1, width, height } = await sharp(bytes, options).metadata();
    const isMoving = pages > 1;
    if (isMoving && (pages > ANIMATED_FRAMES || pages * width * height > ANIMATED_PIXELS)) {
      const rule = `at most ${ANIMATED_FRAMES} frames, and ${ANIMATED_PIXELS} pixels in all of them`;
      throw new Fault(
        'BAD_REQUEST',
        `the picture has ${pages} frames of ${width} by ${height}; one that moves has ${rule}`,
      );
    }
    const painted = await sharp(bytes, { ...options, animated: isMoving })
      .autoOrient()
      .resize({ width: SHOWN_PIXELS, height: SHOWN_PIXELS, fit: 'inside', withoutEnlargement: true })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .webp({ quality: 85, smartSubsample: true })
      .toBuffer();
    return { mediaType: 'image/webp', bytes: painted };
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('BAD_REQUEST', 'the picture is damaged, or takes too long to unpack', {}, error);
  }
}

let loading: ReturnType<typeof load> | null = null;

/** With the first picture: it takes some 30 MiB, and where there is none for a machine, pictures alone are missing. */
function library() {
  loading ??= load();
  return loading;
}

async function load() {
  const { default: sharp } = await import('sharp');
  // Of all that it could read, what strangers send in reaches the readers of four formats.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ['Jpeg', 'Png', 'Webp', 'Nsgif'].map((format) => `VipsForeignLoad${format}Buffer`) });
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}
