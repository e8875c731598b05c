import type { Client, CombinedError } from 'urql';
import type { SocketState } from '../../sdk/src/index.ts';
import { endSentence, faultSentence } from '../state/sentences.ts';
import {
  emptyTimeline,
  type Message,
  type Timeline,
  withArrived,
  withChanged,
  withOlderPage,
} from '../state/timeline.ts';
import type { Outbox } from './outbox.ts';
import { newestPageSize, RoomStream } from './room-stream.ts';
import { Store } from './store.ts';

export interface RoomState {
  readonly timeline: Timeline;
  /** False until the first page of history is here. */
  readonly isLoaded: boolean;
  readonly isLoadingOlder: boolean;
  /** Whether everything that the log holds has been delivered. */
  readonly isCaughtUp: boolean;
  /** What is wrong just now, as a sentence; it mends itself. */
  readonly problem: string | null;
  /** Why nothing more will come, as a sentence. */
  readonly ended: string | null;
  /** The newest message that came live from somebody; for those who listen. */
  readonly newest: Message | null;
}

/** One room while it is on the screen: its timeline, and what comes. `start` once when it is shown, `stop` when it is left. */
export class RoomSession {
  readonly store = new Store<RoomState>({
    timeline: emptyTimeline,
    isLoaded: false,
    isLoadingOlder: false,
    isCaughtUp: false,
    problem: null,
    ended: null,
    newest: null,
  });
  readonly #stream: RoomStream;
  readonly #outbox: Pick<Outbox, 'arrived'>;
  readonly #socketState: Store<SocketState>;
  #unlisten: () => void = () => {};

  constructor(options: {
    client: Client;
    socketState: Store<SocketState>;
    /** Told which of its messages the log has brought. */
    outbox: Pick<Outbox, 'arrived'>;
    roomId: string;
  }) {
    const { client, roomId } = options;
    this.#socketState = options.socketState;
    this.#outbox = options.outbox;
    this.#stream = new RoomStream({
      client,
      roomId,
      events: {
        onNewestPage: (timeline) => {
          this.#set(() => ({ isLoaded: true, timeline }));
          this.#outbox.arrived(timeline.messages);
        },
        onUpdate: (update) => {
          const { message } = update;
          if (message !== null) this.#take(update.kind === 'SENT', message);
          // A message of a replay may say that more is to come; only a checkpoint or a dropped socket takes "live" back.
          if (update.isCaughtUp || update.kind === 'CHECKPOINT') {
            this.#set(() => ({ isCaughtUp: update.isCaughtUp }));
          }
        },
        onProblem: (error) => {
          this.#set(() => ({ problem: error === null ? null : faultSentence(error) }));
        },
        onEnd: (code) => {
          const ended = code === null ? 'This room is not there, or you may not read it.' : endSentence(code);
          this.#set(() => ({ ended, isLoaded: true }));
        },
      },
    });
  }

  start(): void {
    this.#unlisten = this.#socketState.subscribe(() => {
      if (this.#socketState.get() !== 'open') this.#set(() => ({ isCaughtUp: false }));
    });
    this.#stream.start();
  }

  stop(): void {
    this.#unlisten();
    this.#stream.stop();
  }

  /** Loads the page before the oldest message; does nothing at the beginning of the room or while a page is on its way. */
  async loadOlder(): Promise<void> {
    const { timeline, isLoadingOlder } = this.store.get();
    if (timeline.olderThan === null || isLoadingOlder) return;
    this.#set(() => ({ isLoadingOlder: true }));
    try {
      const { page } = await this.#stream.page(timeline.olderThan, newestPageSize);
      // The timeline may have started over meanwhile; then this page no longer adjoins it.
      if (page !== null) this.#outbox.arrived(page.messages);
      this.#set((state) =>
        page === null || state.timeline.olderThan !== timeline.olderThan
          ? {}
          : { timeline: withOlderPage(state.timeline, page), problem: null },
      );
    } catch (error) {
      this.#set(() => ({ problem: faultSentence(error as CombinedError) }));
    } finally {
      this.#set(() => ({ isLoadingOlder: false }));
    }
  }

  #take(isSent: boolean, message: Message): void {
    this.#set((state) =>
      isSent
        ? { timeline: withArrived(state.timeline, message), newest: message }
        : { timeline: withChanged(state.timeline, message) },
    );
    this.#outbox.arrived([message]);
  }

  #set(change: (state: RoomState) => Partial<RoomState>): void {
    this.store.update((state) => ({ ...state, ...change(state) }));
  }
}
