import { expect, test } from 'vitest';
import { UnsentTexts } from './unsent-texts.ts';

function storageOfMap(map: Map<string, string>) {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
    key: (index: number) => [...map.keys()][index] ?? null,
    get length() {
      return map.size;
    },
  };
}

test('a text is there again on the next page, for the same person in the same room alone', () => {
  const kept = new Map<string, string>();
  new UnsentTexts('user_1', storageOfMap(kept)).set('room_1', 'half a thou');
  expect(new UnsentTexts('user_1', storageOfMap(kept)).get('room_1')).toBe('half a thou');
  expect(new UnsentTexts('user_1', storageOfMap(kept)).get('room_2')).toBe('');
  expect(new UnsentTexts('user_2', storageOfMap(kept)).get('room_1')).toBe('');
});

test('an emptied text leaves nothing behind, and clearing takes those of all rooms and of nobody else', () => {
  const kept = new Map<string, string>([['something else', 'stays']]);
  const texts = new UnsentTexts('user_1', storageOfMap(kept));
  texts.set('room_1', 'one');
  texts.set('room_1', '');
  expect([...kept.keys()]).toEqual(['something else']);
  texts.set('room_1', 'one');
  texts.set('room_2', 'two');
  new UnsentTexts('user_2', storageOfMap(kept)).set('room_1', 'of another');
  texts.clear();
  expect([...kept.values()]).toEqual(['stays', 'of another']);
  expect(texts.get('room_1')).toBe('');
});

test('without a storage, or with a full one, a text lives as long as the page', () => {
  const full = {
    ...storageOfMap(new Map()),
    setItem() {
      throw new Error('full');
    },
  };
  for (const storage of [null, full]) {
    const texts = new UnsentTexts('user_1', storage);
    texts.set('room_1', 'half a thou');
    expect(texts.get('room_1')).toBe('half a thou');
  }
});
