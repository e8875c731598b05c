export type MaybePromise<Value> = Value | Promise<Value>;

/** The row, which must be there. Throws with `message` where it is not: a bug. */
export function existing<Row>(row: MaybePromise<Row | null>, message: string): MaybePromise<Row> {
  const check = (found: Row | null) => {
    if (found === null) throw new Error(message);
    return found;
  };
  return row instanceof Promise ? row.then(check) : check(row);
}

/**
 * Rows of one kind for one operation or execution, kept for its time. What is at hand comes at once and not by a promise: an
 * execution that needs nothing else runs through in one go.
 */
export class RowLoader<Key, Row> {
  readonly #read: (key: Key) => Promise<Row>;
  readonly #keyTextOf: ((key: Key) => unknown) | undefined;
  readonly #atHand: ReadonlyMap<Key, NonNullable<Row>> | undefined;
  #kept: Map<unknown, Promise<Row>> | null = null;

  /** `keyTextOf`: what is equal for equal keys, where they are objects. */
  constructor(
    read: (key: Key) => Promise<Row>,
    atHand?: ReadonlyMap<Key, NonNullable<Row>>,
    keyTextOf?: (key: Key) => unknown,
  ) {
    this.#read = read;
    this.#atHand = atHand;
    this.#keyTextOf = keyTextOf;
  }

  load(key: Key): MaybePromise<Row> {
    const here = this.#atHand?.get(key);
    if (here !== undefined) return here;
    this.#kept ??= new Map();
    const text = this.#keyTextOf?.(key) ?? key;
    let row = this.#kept.get(text);
    if (row === undefined) {
      row = this.#read(key);
      this.#kept.set(text, row);
    }
    return row;
  }
}
