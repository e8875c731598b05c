/**
 * Of Node, for a process that serves; package.json and the Dockerfile name them too, as does docs/self-hosting.md. A thousand executions
 * for one event outlive the 16 MB in which V8 begins, and to copy those that live is most of what its collections cost.
 */
export const serverOptions = ['--max-semi-space-size=32'];
