import { createParley } from '../sdk/src/index.ts';

/** The server of this page. Nothing is repeated: who explores wants to see what goes wrong. */
export const parley = createParley({ url: window.location.origin, repeatForMs: 0 });
