import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  jpegOfCamera,
  jpegOfScans,
  movingGif,
  pngOfCamera,
  secrets,
  webpOfCamera,
} from '../../../test/support/pictures.ts';
import { createPictures } from './avatars-picture.ts';

const kib = 1_024;
const shownOf = async (bytes: Buffer) => {
  const { mediaType, bytes: shown } = await createPictures().make(bytes);
  expect(mediaType).toBe('image/webp');
  return shown;
};
const found = (bytes: Buffer) => secrets.filter((secret) => bytes.includes(secret));

describe('[L6] nothing that a camera or a program wrote into it is left of', () => {
  it.each([
    ['a JPEG', () => jpegOfCamera(60, 40)],
    ['a PNG', () => pngOfCamera(60, 40)],
    ['a WebP', () => webpOfCamera(60, 40)],
  ])('%s', async (_name, make) => {
    const sent = await make();
    // Control: they are all there, and what reads EXIF finds some.
    expect(found(sent)).toEqual([...secrets]);
    expect((await sharp(sent).metadata()).exif).toBeDefined();
    const shown = await shownOf(sent);
    expect(found(shown)).toEqual([]);
    const { exif, xmp, iptc, icc, comments, width, height } = await sharp(shown).metadata();
    expect({ exif, xmp, iptc, icc, comments, width, height }).toEqual({ width: 60, height: 40 });
  });
});

it('[L6] a picture that was taken with the camera held on its side stands upright', async () => {
  const shown = await shownOf(await jpegOfCamera(60, 40, 6));
  const { data, info } = await sharp(shown).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([40, 60]);
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  // Turned to the right: what was above is on the right.
  expect(at(35, 30)[0]).toBeGreaterThan(200);
  expect(at(5, 30)[2]).toBeGreaterThan(200);
});

it('[L6] colours of another profile are shown as they were meant', async () => {
  const flat = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 255, g: 0, b: 0 } } });
  const wide = await flat.png().withIccProfile('p3').toBuffer();
  expect((await sharp(wide).metadata()).icc).toBeDefined();
  const raw = async (bytes: Buffer) => [...(await sharp(bytes).removeAlpha().raw().toBuffer()).subarray(0, 3)];
  const [r, g, b] = (await raw(await shownOf(wide))) as [number, number, number];
  expect(r).toBeGreaterThan(240);
  expect(Math.max(g, b)).toBeLessThan(60);
});

it('[L6] what is larger than it is shown is made smaller, and what moves goes on moving', async () => {
  const large = await sharp(await shownOf(await jpegOfCamera(1_600, 800))).metadata();
  expect([large.width, large.height]).toEqual([512, 256]);
  const moving = await shownOf(movingGif(700, 350, 9));
  const { pages, pageHeight, width, delay, loop } = await sharp(moving, { animated: true }).metadata();
  expect({ pages, pageHeight, width, loop }).toEqual({ pages: 9, pageHeight: 256, width: 512, loop: 0 });
  expect(new Set(delay)).toEqual(new Set([70]));
  expect(found(moving)).toEqual([]);
});

describe('[L6] refused as BAD_REQUEST, before it hurts:', () => {
  const png = async () =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
  const hostile: readonly (readonly [string, () => Promise<Buffer> | Buffer])[] = [
    ['a PNG that ends early', async () => (await pngOfCamera(300, 300)).subarray(0, 900)],
    ['a JPEG that ends early', async () => (await jpegOfCamera(300, 300)).subarray(0, 1_800)],
    ['a WebP that ends early', async () => (await webpOfCamera(300, 300)).subarray(0, 150)],
    ['a GIF that ends in its header', () => movingGif(10, 10, 3).subarray(0, 14)],
    ['a GIF of 10,000 frames', () => movingGif(2_000, 2_000, 10_000)],
    ['a GIF of 10,000 small frames', () => movingGif(8, 8, 10_000)],
    ['few frames of many pixels', () => movingGif(2_048, 2_048, 2)],
    ['a JPEG of as many scans as it can hold', () => jpegOfScans(2_048, 512 * kib)],
    [
      'a header of a PNG before something else',
      async () =>
        Buffer.concat([(await png()).subarray(0, 33), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]),
    ],
    [
      'a chunk of a wrong length',
      async () => {
        const bytes = await png();
        bytes.writeUInt32BE(0x7fffffff, 33);
        return bytes;
      },
    ],
    [
      'a WebP that says that it is larger than it is',
      async () => {
        const bytes = Buffer.from(await webpOfCamera(64, 64));
        bytes.writeUIntLE(1_999, 24, 3);
        return bytes;
      },
    ],
  ];

  it.each(hostile)('%s', async (_name, make) => {
    await expect(createPictures().make(await make())).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

it('[L6] pictures are painted one at a time; when too many wait the next one is told how long, and later ones get their turns', async () => {
  const pictures = createPictures({ waiting: 2 });
  const sent = await jpegOfCamera(400, 400);
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => pictures.make(sent)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  for (const result of results.slice(3)) {
    const { reason } = result as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: expect.any(Number) } });
    expect(reason.details.retryAfterMs).toBeGreaterThan(0);
  }
  expect((await pictures.make(sent)).bytes.length).toBeGreaterThan(0);
});
