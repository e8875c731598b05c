import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// A build that a test run starts inherits NODE_ENV=test, would take React's development build, and be kept as up to date.
process.env.NODE_ENV = 'production';

const client = resolve(import.meta.dirname, 'client');

/**
 * Two pages from one build: the web client (index.html, served at /) and GraphiQL (graphiql.html, served at /graphql).
 * Everything they load lies under /assets with a hash in its name, so that it may be cached for ever.
 */
export default defineConfig({
  root: client,
  base: '/',
  publicDir: false,
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: resolve(import.meta.dirname, 'dist/client'),
    emptyOutDir: true,
    target: 'esnext',
    sourcemap: false,
    reportCompressedSize: false,
    // Monaco alone is 2.5 MB, and loads only on the GraphiQL page.
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      onLog(level, log, handle) {
        // "use no memo" of GraphiQL's modules speaks to the React compiler, which we do not run.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
      input: { index: resolve(client, 'index.html'), graphiql: resolve(client, 'graphiql.html') },
    },
  },
});
