import { useEffect, useState } from 'react';
import { type Status, statusLeftMs } from '../state/status.ts';

/** The longest time that a timer of the browser can wait. */
const longestTimerMs = 2 ** 31 - 1;

/** What somebody is at just now. When it is over it goes by itself, as no event tells of it. */
export function StatusLine({ status }: { status: Status | null }) {
  const [ticks, setTicks] = useState(0);
  const leftMs = status === null ? 0 : statusLeftMs(status, Date.now());

  // biome-ignore lint/correctness/useExhaustiveDependencies: after a tick as long as a timer can be there may be more to wait
  useEffect(() => {
    if (leftMs === 0 || leftMs === Number.POSITIVE_INFINITY) return;
    const timeout = setTimeout(() => setTicks((before) => before + 1), Math.min(leftMs, longestTimerMs));
    return () => clearTimeout(timeout);
  }, [status, ticks]);

  if (status === null || leftMs === 0) return null;
  return <p className="aside status-line">{status.emoji === null ? status.text : `${status.emoji} ${status.text}`}</p>;
}
