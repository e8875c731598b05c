/** What nodes tell each other of their people. A version counts what one node has told of its own; 0: of nobody. */
export type PresenceNote =
  /** Renews the lease of all people of the node. */
  | { readonly kind: 'alive'; readonly node: string; readonly version: number }
  /** From the version before to this one. */
  | {
      readonly kind: 'changed';
      readonly node: string;
      readonly version: number;
      readonly came: readonly string[];
      readonly left: readonly string[];
    }
  /** All people of the node, in so many parts, from 0. */
  | {
      readonly kind: 'whole';
      readonly node: string;
      readonly version: number;
      readonly part: number;
      readonly parts: number;
      readonly userIds: readonly string[];
    }
  /** The node stops. */
  | { readonly kind: 'gone'; readonly node: string }
  /** Every node is to say that it is alive. */
  | { readonly kind: 'called' }
  /** A node is to tell all of its people. */
  | { readonly kind: 'asked'; readonly node: string };

/** People in one message: about 40 KB. */
export const notePeople = 1_000;

export function chunksOf<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
}
