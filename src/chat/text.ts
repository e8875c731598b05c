import { type RefusalCode, type Refused, refuse } from './refusal.ts';

/** All lengths of text in Unicode code points, as `[...text].length` counts them. */
export const textLimits = {
  displayNameCodePoints: 64,
  bioCodePoints: 500,
  pronounsCodePoints: 40,
  statusCodePoints: 100,
  roomNameCodePoints: 80,
  roomTopicCodePoints: 250,
  clientKeyCharacters: 100,
} as const;

/** Neither white space, nor a control, nor a format character (zero width ones among them), nor a letter that fonts draw as nothing. */
const visible = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const lineBreakOrControl = /[\p{Cc}\u2028\u2029]/u;
const slugPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const keyPattern = /^[\x21-\x7e]+$/;

export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** U+0000 and lone surrogates cannot be stored as UTF-8 text, and one of them would fail a whole batch. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

export function isVisible(text: string): boolean {
  return visible.test(text);
}

/** Null when the text of a message may be queued. It is kept as it came, blanks and all. */
export function checkText(text: string, limitCodePoints: number): Refused | null {
  const path = ['input', 'text'];
  if (!isStorable(text)) return refuse('TEXT_INVALID', 'the text holds U+0000 or a lone surrogate', path);
  if (!isVisible(text)) return refuse('TEXT_EMPTY', 'the text has nothing visible in it', path);
  // As many code units at least as code points: what is short enough by those need not be counted.
  if (text.length <= limitCodePoints) return null;
  const codePoints = countCodePoints(text);
  if (codePoints <= limitCodePoints) return null;
  return refuse('TEXT_TOO_LONG', `the text has ${codePoints} code points, the limit is ${limitCodePoints}`, path);
}

export function checkRoomName(name: string): Refused | null {
  return checkLine(name, textLimits.roomNameCodePoints, 'NAME_INVALID', 'name');
}

export function checkDisplayName(name: string): Refused | null {
  return checkLine(name, textLimits.displayNameCodePoints, 'DISPLAY_NAME_INVALID', 'displayName');
}

/** A display name made of what somebody else calls a person; null: nothing of it can be shown. */
export function displayNameOf(name: string | null): string | null {
  if (name === null) return null;
  const line = name
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  const cut = [...line].slice(0, textLimits.displayNameCodePoints).join('').trim();
  return checkDisplayName(cut) ? null : cut;
}

export function checkPasskeyName(name: string): Refused | null {
  return checkLine(name, textLimits.displayNameCodePoints, 'PASSKEY_NAME_INVALID', 'name');
}

export function checkApiTokenName(name: string): Refused | null {
  return checkLine(name, textLimits.displayNameCodePoints, 'TOKEN_NAME_INVALID', 'name');
}

export function checkTopic(topic: string): Refused | null {
  const codePoints = countCodePoints(topic);
  const limit = textLimits.roomTopicCodePoints;
  if (isStorable(topic) && codePoints <= limit) return null;
  return refuse('TOPIC_INVALID', `a topic is well-formed text of at most ${limit} code points`, ['input', 'topic']);
}

export function checkSlug(slug: string): Refused | null {
  if (slug.length >= 2 && slug.length <= 40 && slugPattern.test(slug)) return null;
  return refuse('SLUG_INVALID', 'a slug is 2 to 40 of a-z, 0-9 and single hyphens inside', ['input', 'slug']);
}

export function checkClientKey(key: string | null): Refused | null {
  const limit = textLimits.clientKeyCharacters;
  if (key === null || (key.length <= limit && keyPattern.test(key))) return null;
  return refuse('KEY_INVALID', `a client key is 1 to ${limit} printable ASCII characters without blanks`, [
    'input',
    'clientKey',
  ]);
}

/** A slug made of a name: its Latin letters and digits; «room» where there are none. At most 28 of 40: a suffix may follow. */
export function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const cut = plain.slice(0, 28).replace(/-+$/, '');
  return cut.length >= 2 ? cut : 'room';
}

/** One line of visible, well-formed text. */
export function isLine(text: string, limitCodePoints: number): boolean {
  const isShown = isStorable(text) && !lineBreakOrControl.test(text) && isVisible(text);
  return isShown && countCodePoints(text) <= limitCodePoints;
}

function checkLine(text: string, limitCodePoints: number, code: RefusalCode, field: string): Refused | null {
  if (isLine(text, limitCodePoints)) return null;
  const message = `${field} is one line of visible, well-formed text of at most ${limitCodePoints} code points`;
  return refuse(code, message, ['input', field]);
}
