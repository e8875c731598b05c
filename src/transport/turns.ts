/**
 * Lets so many begin in one turn of the event loop; others wait for the next ones, in their order. A crowd of requests that
 * comes at once would else be worked on in one go, while sockets and the database wait.
 */
export function createTurns(perTurn: number): (begin: () => void) => void {
  const waiting: (() => void)[] = [];
  let begun = 0;

  function nextTurn(): void {
    begun = Math.min(perTurn, waiting.length);
    for (const begin of waiting.splice(0, begun)) begin();
    if (begun > 0) setImmediate(nextTurn);
  }

  return (begin) => {
    if (begun === perTurn) {
      waiting.push(begin);
      return;
    }
    if (begun === 0) setImmediate(nextTurn);
    begun += 1;
    begin();
  };
}

export interface PaceOptions {
  /** One begins in so long. */
  readonly everyMs: number;
  /** So many that have begun and not ended are many: what they wait for is slow, and so are others to begin. */
  readonly many: number;
  /** One begins in so long while there are many. Not never: some may end long after, others at once. */
  readonly everyMsWhenMany: number;
}

/** Lets one after the other begin, in their order, at a pace. Each says when it has ended. */
export function createPace({
  everyMs,
  many,
  everyMsWhenMany,
}: PaceOptions): (begin: (end: () => void) => void) => void {
  const waiting: ((end: () => void) => void)[] = [];
  let isResting = false;
  let underWay = 0;

  function start(begin: (end: () => void) => void): void {
    isResting = true;
    underWay += 1;
    setTimeout(next, underWay > many ? everyMsWhenMany : everyMs);
    begin(() => {
      underWay -= 1;
    });
  }

  function next(): void {
    isResting = false;
    const begin = waiting.shift();
    if (begin) start(begin);
  }

  return (begin) => {
    if (isResting) waiting.push(begin);
    else start(begin);
  };
}
