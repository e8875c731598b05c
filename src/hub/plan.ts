import { Fault } from '../observe/fault.ts';
import type { StreamSource, StreamStart } from './contract.ts';

export const howToSubscribe =
  'a subscription is more than one answer: use WebSocket (graphql-transport-ws) on this path, or ask with Accept: text/event-stream';

/**
 * What a subscription field asks of the hub, after its arguments and rights were checked. Subscription resolvers return
 * it in place of an iterator: the hub delivers. An executor that knows no hub is refused at its first step.
 */
export class StreamPlan implements AsyncIterable<never> {
  readonly source: StreamSource;
  readonly start: StreamStart;

  constructor(source: StreamSource, start: StreamStart) {
    this.source = source;
    this.start = start;
  }

  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Fault('SUBSCRIPTION_OVER_HTTP', howToSubscribe);
  }
}
