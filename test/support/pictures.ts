import { crc32 } from 'node:zlib';
import sharp from 'sharp';

/** What cameras and programs write into pictures. */
export const secrets = ['Parleycam', 'Xmp of Ada', 'Iptc of Ada', 'Comment of Ada', 'Hidden archive'] as const;
const [camera, xmp, iptc, comment, archive] = secrets;

const exif = { IFD0: { Make: camera, Artist: camera }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 12/1 30/1' } };
const xmpText = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="${xmp}"/></rdf:RDF></x:xmpmeta>`;

/** Red above, blue below. */
function painted(width: number, height: number) {
  const half = Math.floor(height / 2);
  const blue = { create: { width, height: height - half, channels: 3 as const, background: '#00f' } };
  const red = { create: { width, height, channels: 3 as const, background: '#f00' } };
  return sharp(red).composite([{ input: blue, top: half, left: 0 }]);
}

/** With all of the secrets; `orientation` as EXIF counts it. */
export async function jpegOfCamera(width: number, height: number, orientation = 1): Promise<Buffer> {
  const bytes = await painted(width, height)
    .jpeg({ quality: 95 })
    .withExif(exif)
    .withMetadata({ orientation })
    .withExifMerge(exif)
    .withXmp(xmpText)
    .toBuffer();
  const segments = [segment(0xed, `Photoshop 3.0\0${iptc}`), segment(0xfe, comment)];
  return Buffer.concat([bytes.subarray(0, 2), ...segments, bytes.subarray(2), Buffer.from(`PK\x03\x04${archive}`)]);
}

export async function pngOfCamera(width: number, height: number): Promise<Buffer> {
  const bytes = await painted(width, height).png().withExif(exif).toBuffer();
  return Buffer.concat([
    bytes.subarray(0, 33),
    chunk('tEXt', `Comment\0${comment}${iptc}`),
    chunk('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${xmpText}`),
    bytes.subarray(33),
    Buffer.from(archive),
  ]);
}

export async function webpOfCamera(width: number, height: number): Promise<Buffer> {
  const bytes = await painted(width, height).webp().withExif(exif).withXmp(xmpText).toBuffer();
  return Buffer.concat([bytes, Buffer.from(`${comment}${iptc}${archive}`)]);
}

/** A GIF that moves: frames of one dot each, on a canvas. */
export function movingGif(width: number, height: number, frames: number): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0', 'latin1');
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  const palette = Buffer.from([0, 0, 0, 255, 255, 255]);
  const loop = Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', 'latin1');
  const note = Buffer.from(`\x21\xfe${String.fromCharCode(comment.length)}${comment}\0`, 'latin1');
  const dots = Array.from({ length: frames }, (_, n) => {
    const dot = Buffer.from([
      0x21,
      0xf9,
      4,
      0,
      7,
      0,
      0,
      0,
      0x2c,
      0,
      0,
      0,
      0,
      1,
      0,
      1,
      0,
      0,
      2,
      2,
      n % 2 ? 0x44 : 0x4c,
      1,
      0,
    ]);
    dot.writeUInt16LE(n % width, 9);
    return dot;
  });
  return Buffer.concat([head, palette, loop, note, ...dots, Buffer.from([0x3b])]);
}

/** One that unpacks to far more than it is: every scan paints the whole picture once more. */
export async function jpegOfScans(side: number, bytes: number): Promise<Buffer> {
  const whole = await painted(side, side).jpeg({ progressive: true, quality: 20 }).toBuffer();
  const body = whole.subarray(0, -2);
  const scan = body.subarray(body.lastIndexOf(Buffer.from([0xff, 0xda])));
  const times = Math.floor((bytes - whole.length) / scan.length);
  return Buffer.concat([body, ...Array<Buffer>(times).fill(scan), whole.subarray(-2)]);
}

function chunk(type: string, text: string): Buffer {
  const body = Buffer.from(type + text, 'latin1');
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(body.length - 4, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

function segment(marker: number, text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length);
  bytes.writeUInt16BE(0xff00 | marker, 0);
  bytes.writeUInt16BE(2 + text.length, 2);
  bytes.write(text, 4, 'latin1');
  return bytes;
}
