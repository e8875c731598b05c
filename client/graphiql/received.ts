/** How many items of a subscription stay on the screen; older ones give way. */
const keptItems = 50;

/** What GraphiQL shows of a subscription. `received` counts all items so far, those too that have given way. */
export interface Received<Item> {
  readonly received: number;
  readonly newestFirst: readonly Item[];
}

/** Nothing has come yet. */
export const nothingReceived = { received: 0, newestFirst: [] } as const satisfies Received<never>;

/** The same with one item more, in front: GraphiQL shows one answer, from its first line, and each item alone would hide the last. */
export function withReceived<Item>(before: Received<Item>, item: Item): Received<Item> {
  return { received: before.received + 1, newestFirst: [item, ...before.newestFirst].slice(0, keptItems) };
}
