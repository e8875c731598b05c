/** Names of one sign have one; of others the first and the last word count. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const tints = 8;

/** What stands for a person without a picture: `AO` for Ada Otter, a whole emoji for one. Empty for a name of blanks. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).map(firstSign);
  const [first = ''] = words;
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  // Two emoji side by side are too wide for a small circle.
  return (/^\p{L}/u.test(first) && /^[\p{L}\p{N}]/u.test(last) ? first + last : first).toLocaleUpperCase();
}

/** A number from 0 to 7 that a person keeps, for the colour behind their initials. */
export function tintOf(id: string): number {
  let sum = 0;
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521;
  return sum % tints;
}

/** The first letter or digit, without what stands before it, as in `(Ada)`; else the first sign. */
function firstSign(word: string): string {
  const signs = [...segmenter.segment(word)].map(({ segment }) => segment);
  return signs.find((sign) => /^[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(sign)) ?? signs[0] ?? '';
}
