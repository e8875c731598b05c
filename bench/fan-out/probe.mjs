/**
 * Loaded into every server that is measured, before it: tells over the Unix socket PROBE_SOCKET what the process has used
 * since it was asked last, by the process's own accounting. Told `at rest`, it collects garbage first: what is left is what the
 * process weighs. Only then: a collection while nothing is under way throws away the code that V8 has compiled for what is under way.
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
