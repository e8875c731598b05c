/** One node of `npm run cluster`: a server that stops when whoever started it is gone, killed or not. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
await import('../dist/server/src/main.js');
