/**
 * Lets so many begin in one turn of the event loop, or in each `everyMs`; others wait for the next ones, in their order. A crowd
 * of requests that comes at once would else be worked on in one go, while sockets and the database wait.
 */
export function createTurns(perTurn: number, everyMs: number | null = null): (begin: () => void) => void {
  const later = (act: () => void) => (everyMs === null ? setImmediate(act) : setTimeout(act, everyMs));
  const waiting: (() => void)[] = [];
  let begun = 0;

  function nextTurn(): void {
    begun = Math.min(perTurn, waiting.length);
    for (const begin of waiting.splice(0, begun)) begin();
    if (begun > 0) later(nextTurn);
  }

  return (begin) => {
    if (begun === perTurn) {
      waiting.push(begin);
      return;
    }
    if (begun === 0) later(nextTurn);
    begun += 1;
    begin();
  };
}
