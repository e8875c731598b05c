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

/**
 * Lets one after the other begin, in their order, each `restMs` behind the one before. False of `begin`: it was not worth beginning
 * any more, and the next one need not wait for it.
 */
export function createPace(restMs: () => number): (begin: () => boolean) => void {
  const waiting: (() => boolean)[] = [];
  let isResting = false;

  function start(begin: () => boolean): void {
    if (!begin()) return;
    isResting = true;
    setTimeout(next, restMs());
  }

  function next(): void {
    isResting = false;
    for (let begin = waiting.shift(); begin; begin = isResting ? undefined : waiting.shift()) start(begin);
  }

  return (begin) => {
    if (isResting) waiting.push(begin);
    else start(begin);
  };
}
