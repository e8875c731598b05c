import type { Crop } from './crop.ts';

/** What the server takes; of others a browser may read some, but not each browser the same. */
export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const;
/** What a telephone takes has 3 to 12 MB. Reading a picture takes four bytes of memory for each pixel. */
const fileBytes = 25_000_000;
/** Twice the largest that is shown, for dense screens, and more than that is never needed. */
const avatarSide = 512;

/** Tried one after the other until one is small enough. A browser that cannot write one of them gives PNG. */
const encodings = [
  ['image/webp', 0.9],
  ['image/jpeg', 0.85],
  ['image/jpeg', 0.5],
] as const;

/** The picture of a file, upright; or why it is none, as a sentence. Whoever gets it closes it. */
export async function readPicture(file: File): Promise<ImageBitmap | string> {
  if (!pictureTypes.some((type) => type === file.type)) return 'Choose a PNG, JPEG, WebP or GIF.';
  if (file.size > fileBytes) return `This picture is too large. Choose one of at most ${fileBytes / 1_000_000} MB.`;
  try {
    return await createImageBitmap(file);
  } catch {
    return 'This picture cannot be read. The file may be damaged.';
  }
}

/** Draws the square over the whole canvas. */
export function drawCrop(canvas: HTMLCanvasElement, picture: ImageBitmap, { left, top, side }: Crop): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.imageSmoothingQuality = 'high';
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
}

/**
 * The square as a file of at most `limitBytes`, never larger than it was, without what a camera wrote beside the picture. Null: the
 * browser cannot make it that small.
 */
export async function encodeCrop(picture: ImageBitmap, crop: Crop, limitBytes: number): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.max(1, Math.min(avatarSide, Math.round(crop.side)));
  for (const [type, quality] of encodings) {
    drawCrop(canvas, picture, crop);
    if (type === 'image/jpeg') whiten(canvas);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
    if (blob !== null && blob.size <= limitBytes) return blob;
  }
  return null;
}

/** What is transparent would be black in a JPEG. */
function whiten(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = 'source-over';
}
