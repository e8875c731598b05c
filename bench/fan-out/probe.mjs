/**
 * Loaded into every server that is measured, before it: tells over the Unix socket PROBE_SOCKET what the process has used
 * since it was asked last, by the process's own accounting. Told `at rest`, it collects garbage first, so that what is left is
 * what the process weighs. Not between rounds of work: V8 then drops the code that it has compiled for the work, too.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const { PROBE_SOCKET } = process.env;
if (isMainThread && PROBE_SOCKET) {
  rmSync(PROBE_SOCKET, { force: true });
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  let cpu = process.cpuUsage();
  createServer((socket) => {
    socket.once('data', (order) => {
      const { user, system } = process.cpuUsage(cpu);
      const cpuMs = (user + system) / 1_000;
      if (order.toString() === 'at rest') globalThis.gc?.();
      socket.end(JSON.stringify({ cpuMs, longestTurnMs: loop.max / 1e6, residentBytes: process.memoryUsage.rss() }));
    });
    socket.once('close', () => {
      loop.reset();
      cpu = process.cpuUsage();
    });
  })
    .listen(PROBE_SOCKET)
    .unref();
}
