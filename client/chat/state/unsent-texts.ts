import { storageOf } from './known-person.ts';

type TextStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/**
 * What one person has typed in the composers of rooms and not sent. It outlives a visit to another room, and the page too where the
 * browser keeps things. Of two windows in the same room, the one that was typed in last is kept.
 */
export class UnsentTexts {
  readonly #prefix: string;
  readonly #storage: TextStorage | null;
  readonly #texts = new Map<string, string>();

  constructor(userId: string, storage: TextStorage | null = storageOf()) {
    this.#prefix = `parley:text:${userId}:`;
    this.#storage = storage;
  }

  /** Empty: nothing was typed. */
  get(roomId: string): string {
    return this.#texts.get(roomId) ?? this.#storage?.getItem(this.#prefix + roomId) ?? '';
  }

  set(roomId: string, text: string): void {
    this.#texts.set(roomId, text);
    try {
      if (text === '') this.#storage?.removeItem(this.#prefix + roomId);
      else this.#storage?.setItem(this.#prefix + roomId, text);
    } catch {
      // A full storage: the text lives as long as the page.
    }
  }

  /** Forgets those of all rooms. */
  clear(): void {
    this.#texts.clear();
    const { length = 0 } = this.#storage ?? {};
    const keys = Array.from({ length }, (_, index) => this.#storage?.key(index) ?? '');
    for (const key of keys.filter((name) => name.startsWith(this.#prefix))) this.#storage?.removeItem(key);
  }
}
