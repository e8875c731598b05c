import { type Exchange, subscriptionExchange } from '@urql/core';
import type { ParleyError } from './errors.ts';
import { follow } from './follow.ts';
import type { Parley } from './parley.ts';

export interface ParleyExchangeOptions {
  readonly parley: Pick<Parley, 'socket' | 'clock' | 'random'>;
  /** Told of what mends itself: why a subscription waits. */
  readonly onProblem?: (error: ParleyError) => void;
}

/**
 * Subscriptions of urql that go on from their newest cursor: put it in the place of `subscriptionExchange`. Items come as they
 * are, checkpoints and the last one too. An error comes only where coming back is pointless, with its `extensions.code`.
 */
export function parleyExchange({ parley, onProblem = () => {} }: ParleyExchangeOptions): Exchange {
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables = {} }) => ({
      subscribe(observer) {
        const following = follow({
          socket: parley.socket,
          request: { query, variables: variables as Record<string, unknown> },
          listener: {
            item: (result) => observer.next(result as Parameters<typeof observer.next>[0]),
            problem: onProblem,
            over(error) {
              if (error === null) return observer.complete();
              const { message, code, details } = error;
              observer.error([{ message, extensions: { ...details, code } }]);
            },
          },
          clock: parley.clock,
          random: parley.random,
        });
        return { unsubscribe: () => following.stop() };
      },
    }),
  });
}
