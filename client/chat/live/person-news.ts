/** The windows of one browser share the cookie: who signs in or out in one of them changes who all of them are. */
const channelName = 'parley-person';

/** Tells the other windows that the cookie may be of somebody else now. */
export function tellPersonChanged(): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(null);
  channel.close();
}

/** Calls back when another window said so. Returns the way to stop. */
export function onPersonChanged(callback: () => void): () => void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = callback;
  return () => channel.close();
}
