import DataLoader from 'dataloader';

export type ReadAll<Key, Row> = (keys: readonly Key[]) => Promise<Row[]>;
export type ReadOne<Key, Row> = (key: Key) => Promise<Row>;

/** Rows of one statement: a thousand viewers of one event are read at once, and no parameter grows without bound. */
const ROWS_AT_ONCE = 1_000;

export interface TogetherOptions<Key> {
  /** What is equal for equal keys, where they are objects. */
  readonly keyTextOf?: (key: Key) => string;
  /** True: waits for what comes from other sockets in this turn of the event loop. False: for what runs anyway before the next one. */
  readonly waitsForSockets?: boolean;
}

/**
 * Reads one at a time what is read as a list: what is asked for in one turn, by whomever, is read once and together. Nothing is
 * kept: who asks once a read has begun gets another one, so that nobody sees what is older than their question.
 */
export function together<Key, Row>(
  read: ReadAll<Key, Row>,
  { keyTextOf, waitsForSockets = false }: TogetherOptions<Key> = {},
): ReadOne<Key, Row> {
  let loader: DataLoader<Key, Row, unknown> | null = null;
  const begin = () => {
    const begun: DataLoader<Key, Row, unknown> = new DataLoader(
      (keys) => {
        begun.clearAll();
        return read(keys);
      },
      {
        maxBatchSize: ROWS_AT_ONCE,
        ...(keyTextOf && { cacheKeyFn: keyTextOf }),
        ...(waitsForSockets && { batchScheduleFn: (dispatch) => void setImmediate(dispatch) }),
      },
    );
    return begun;
  };
  return (key) => {
    loader ??= begin();
    return loader.load(key);
  };
}
