/** A stretch of a message: plain, or an address that one can follow. `text` is always as it was written. */
export interface TextPart {
  readonly text: string;
  /** Absolute http or https address; null for plain text. */
  readonly href: string | null;
}

const addressPattern = /\bhttps?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/giu;

/** Splits a message at its addresses; the texts of the parts are the message. Only http and https ever become links. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(addressPattern)) {
    const written = withoutTrailingMarks(found);
    const href = hrefOf(written);
    if (href === null) continue;
    if (index > end) parts.push({ text: text.slice(end, index), href: null });
    parts.push({ text: written, href });
    end = index + written.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/** Marks at the end belong to the sentence, and a closing bracket too unless the address opened it. */
function withoutTrailingMarks(address: string): string {
  const left = new Map<string, number>();
  for (const character of address) left.set(character, (left.get(character) ?? 0) + 1);
  const count = (character: string) => left.get(character) ?? 0;
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? '';
    const open = { ')': '(', ']': '[', '}': '{' }[last];
    const isMark = open === undefined ? ".,;:!?'*_~".includes(last) : count(last) > count(open);
    if (!isMark) break;
    left.set(last, count(last) - 1);
    end -= 1;
  }
  return address.slice(0, end);
}

function hrefOf(address: string): string | null {
  try {
    const { protocol, href } = new URL(address);
    return protocol === 'http:' || protocol === 'https:' ? href : null;
  } catch {
    return null;
  }
}
