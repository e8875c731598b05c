import { isUnavailable, type OpenLink } from './crash-people.ts';
import { openEvents, type SseEvent } from './sse-client.ts';

/**
 * A reader's connection as an event stream, that goes on by `Last-Event-ID` alone. Rejects at `complete`: a browser
 * would not come back from it.
 */
export const eventLink: OpenLink = async ({ url, token, document, variables, cursor }) => {
  const stream = await openEvents(url, {
    query: document,
    variables,
    headers: { authorization: `Bearer ${token}`, ...(cursor !== null && { 'last-event-id': cursor }) },
  });
  return {
    async next() {
      for (;;) {
        const block: SseEvent | null = await stream.blocks.next().catch(() => null);
        if (block === null) return null;
        if (block.event === 'complete') throw new Error('the event stream completed');
        if (block.event !== 'next') continue;
        const { id, data } = block;
        if (data.data?.item && id !== null) return { item: data.data.item, cursor: id };
        if (!isUnavailable(data)) throw new Error(JSON.stringify(block));
      }
    },
    pause: () => void stream.response.pause(),
    resume: () => void stream.response.resume(),
    close: () => stream[Symbol.dispose](),
  };
};
