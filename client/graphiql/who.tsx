import type { Arrival } from './guest.ts';

/** Who one is on this page, a way to come in anew, and the way to the web client. */
export function Who({ arrival, isBusy, onEnterAnew }: { arrival: Arrival; isBusy: boolean; onEnterAnew: () => void }) {
  return (
    <div className="who">
      <span role="status">
        {arrival.name === null ? (
          <span title={arrival.problem ?? ''}>{arrival.problem ?? 'You are signed out'}</span>
        ) : (
          <>
            You are <strong>{arrival.name}</strong>
          </>
        )}
      </span>
      <button type="button" disabled={isBusy} onClick={onEnterAnew}>
        {arrival.name === null ? 'Enter as a guest' : 'New guest'}
      </button>
      <a href="/">Chat</a>
    </div>
  );
}
