import type { FormattedExecutionResult, SubscribePayload } from 'graphql-ws/client';
import { type Clock, longestRetryMs, realClock, retryDelayMs } from './clock.ts';
import { errorOf, errorOfRefusal, ParleyError } from './errors.ts';
import { asSent, beginsWithOlder, cursorOf, endCodeOf, isCheckpoint, resumeVariables, rootOf } from './resume.ts';
import type { Socket } from './socket.ts';
import { isOfToken, mostRefusals } from './token.ts';

export type Result = FormattedExecutionResult<Record<string, unknown>, unknown>;

export interface FollowListener {
  /** Each item, checkpoints and the last one too. `cursor` is the place to go on after; null where an item has none. */
  item(result: Result, cursor: string | null): void;
  /** The stream was lost; it comes back by itself. Not called for a lost connection that is opened again. */
  problem(error: ParleyError): void;
  /** Coming back is pointless; nothing more comes. Null: the socket was closed by its owner. */
  over(error: ParleyError | null): void;
}

export interface FollowOptions {
  readonly socket: Pick<Socket, 'subscribe' | 'renew' | 'isFinal' | 'isClosed'>;
  readonly request: SubscribePayload;
  readonly listener: FollowListener;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

/** A subscription that goes on from its newest cursor. */
export interface Following {
  /** Ends it at the server until `resume`, which goes on from the newest cursor; nothing is held meanwhile. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Subscribes for ever, each time after the newest cursor that came.
 *
 *   subscribed → waiting → subscribed …      the server refused for a moment, or ended the stream
 *   subscribed, waiting ⇄ paused
 *   any → over                               stopped, or coming back is pointless
 *
 * Refused for its token, it waits while the socket asks for another one, and is over where there is none.
 *
 * A lost connection is the socket's affair: it opens anew and reads the payload again, with the cursor of then. Items come
 * from the newest attempt alone, so none comes twice.
 */
export function follow({ socket, request, listener, clock = realClock, random }: FollowOptions): Following {
  let state: 'subscribed' | 'waiting' | 'paused' | 'over' = 'paused';
  let attempt = 0;
  let failures = 0;
  /** Tokens that were refused, with nothing taken between. */
  let refusals = 0;
  let cursor: string | null = null;
  let leave = () => {};
  const given = asSent(request.variables ?? {});
  let begunAt = 0;
  let mayBeAhead = false;
  const payload: SubscribePayload = {
    ...request,
    // Read once for each time that it is sent, by the socket too.
    get variables() {
      mayBeAhead = cursor === null && beginsWithOlder(request.query, given);
      return cursor === null ? given : resumeVariables(request.query, given, cursor);
    },
  };

  function enter(next: typeof state): void {
    state = next;
    attempt += 1;
    leave();
    leave = () => {};
  }

  function subscribe(): void {
    enter('subscribed');
    begunAt = clock.now();
    const mine = attempt;
    leave = socket.subscribe(payload, {
      next: (result) => mine === attempt && take(result as Result),
      error: (failure) => mine === attempt && lost(errorOf(failure)),
      complete: () => mine === attempt && lost(new ParleyError('UNREACHABLE', 'the stream ended without a word')),
    });
  }

  function take(result: Result): void {
    const root = rootOf(result.data);
    if (root === null && result.errors !== undefined) {
      lost(errorOfRefusal(result.errors));
      return;
    }
    const came = cursorOf(result.data);
    // Whoever breaks off between this checkpoint and the older messages behind it would never get them.
    const isAhead = mayBeAhead && root !== null && isCheckpoint(root);
    mayBeAhead = false;
    // The first checkpoint after a cursor repeats it, and is no progress.
    if (came === null || came !== cursor) failures = 0;
    if (!isAhead && came !== null) cursor = came;
    const endCode = root === null ? null : endCodeOf(root);
    if (endCode === null) refusals = 0;
    const mine = attempt;
    listener.item(result, isAhead ? null : came);
    if (endCode !== null && mine === attempt) lost(new ParleyError(endCode, String(root?.end?.message ?? '')));
  }

  function lost(error: ParleyError): void {
    if (socket.isClosed) end(null);
    else if (isOfToken(error) && socket.renew !== null) renew(error, socket.renew);
    else if (socket.isFinal(error)) end(error);
    else wait(error);
  }

  function end(error: ParleyError | null): void {
    enter('over');
    listener.over(error);
  }

  function wait(error: ParleyError): void {
    enter('waiting');
    if (clock.now() - begunAt > longestRetryMs) failures = 0;
    leave = clock.later(retryDelayMs(failures, random, error.retryAfterMs), subscribe);
    failures += 1;
    listener.problem(error);
  }

  function renew(error: ParleyError, ask: () => Promise<boolean>): void {
    enter('waiting');
    const mine = attempt;
    refusals += 1;
    const asking = refusals > mostRefusals ? Promise.resolve(false) : ask();
    asking
      .then((hasOther) => {
        if (mine !== attempt) return;
        if (hasOther) wait(error);
        else end(error);
      })
      .catch((reason: unknown) => {
        if (mine === attempt) wait(errorOf(reason));
      });
  }

  subscribe();
  return {
    pause() {
      if (state !== 'over') enter('paused');
    },
    resume() {
      if (state === 'paused') subscribe();
    },
    stop: () => enter('over'),
  };
}
