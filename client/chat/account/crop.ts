/** A part of a picture that becomes an avatar: a square, in pixels of the picture, within it. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest square of the middle. */
export function middleOf({ width, height }: Size): Crop {
  const side = Math.min(width, height);
  return { left: (width - side) / 2, top: (height - side) / 2, side };
}

/** The same middle at another zoom, 1 for the largest square; as near to it as the picture allows. */
export function zoomed(crop: Crop, zoom: number, picture: Size): Crop {
  const side = Math.max(1, Math.min(picture.width, picture.height) / zoom);
  const shift = (crop.side - side) / 2;
  return within({ left: crop.left + shift, top: crop.top + shift, side }, picture);
}

/** Moved by parts of its own side: `right` 1 is a whole side to the right. It stops at the edges. */
export function moved(crop: Crop, { right, down }: { right: number; down: number }, picture: Size): Crop {
  return within({ ...crop, left: crop.left + right * crop.side, top: crop.top + down * crop.side }, picture);
}

function within({ left, top, side }: Crop, { width, height }: Size): Crop {
  return { left: clamp(left, width - side), top: clamp(top, height - side), side };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
