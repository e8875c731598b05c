import { expect, test } from 'vitest';
import { middleOf, moved, zoomed } from './crop.ts';

const wide = { width: 400, height: 200 };
const tall = { width: 100, height: 300 };

test('the largest square of the middle is taken of a wide picture and of a tall one', () => {
  expect(middleOf(wide)).toEqual({ left: 100, top: 0, side: 200 });
  expect(middleOf(tall)).toEqual({ left: 0, top: 100, side: 100 });
});

test('a zoom keeps the middle, and going back gives the square of before', () => {
  const near = zoomed(middleOf(wide), 2, wide);
  expect(near).toEqual({ left: 150, top: 50, side: 100 });
  expect(zoomed(near, 1, wide)).toEqual(middleOf(wide));
});

test('a square goes by parts of its side, and no further than to the edge', () => {
  expect(moved(middleOf(wide), { right: 0.25, down: 0.25 }, wide)).toEqual({ left: 150, top: 0, side: 200 });
  expect(moved(middleOf(wide), { right: 9, down: -9 }, wide)).toEqual({ left: 200, top: 0, side: 200 });
  const corner = moved(zoomed(middleOf(tall), 2, tall), { right: 9, down: 9 }, tall);
  expect(corner).toEqual({ left: 50, top: 250, side: 50 });
  expect(zoomed(corner, 1, tall)).toEqual({ left: 0, top: 200, side: 100 });
});

test('a picture of one pixel is its own square at any zoom', () => {
  const pixel = { width: 1, height: 1 };
  expect(zoomed(middleOf(pixel), 4, pixel)).toEqual({ left: 0, top: 0, side: 1 });
});
