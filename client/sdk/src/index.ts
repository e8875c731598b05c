export type { Clock } from './clock.ts';
export { retryDelayMs } from './clock.ts';
export type { ParleyDocument } from './document.ts';
export { ParleyError, type ParleyErrorCode } from './errors.ts';
export { type Following, type FollowListener, type FollowOptions, follow } from './follow.ts';
export { enterAsGuest, type Guest } from './guest.ts';
export { makeKey } from './key.ts';
export {
  createParley,
  type EventsOptions,
  type MessagesOptions,
  type OwnDocument,
  type Parley,
  type ParleyEvent,
  type ParleyMessageUpdate,
  type ParleyOptions,
  type Send,
  type Sent,
} from './parley.ts';
export type { Answer, RequestOptions } from './request.ts';
export type { SocketState, SocketTiming, WebSocketImpl, WebSocketLike } from './socket.ts';
export type { CursorStore, LogStream, StreamOptions } from './stream.ts';
export type { Token } from './token.ts';
