import { type Answer, ParleyError } from '../sdk/src/index.ts';
import { makeGuestName } from '../wire/guest-name.ts';
import { parley } from './parley.ts';

/** Who this page is, and the cursor of the answer that said so; `name` null: signed out, with the reason. */
export interface Arrival {
  name: string | null;
  problem: string | null;
  after: string | null;
}

interface WhoAmI {
  viewer: { user: { displayName: string } } | null;
}
interface Entered {
  enterAsGuest: { viewer: WhoAmI['viewer']; errors: readonly { message: string }[] };
}

/** Who the cookie says we are. Never throws: a server out of reach is told in `problem`. */
export function whoAmI(): Promise<Arrival> {
  return arrival(async () => {
    const answer = await parley.query<WhoAmI, never>('query WhoAmI { viewer { user { displayName } } }');
    return { answer, viewer: answer.data.viewer, problem: null };
  });
}

/** Enters as a new guest with a made-up name; the cookie is set by the answer. Never throws. */
export function enterAnew(): Promise<Arrival> {
  return arrival(async () => {
    const answer = await parley.mutate<Entered, { displayName: string }>(
      `mutation Enter($displayName: String!) {
        enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {
          viewer { user { displayName } }
          errors { message }
        }
      }`,
      { displayName: makeGuestName() },
    );
    const { viewer, errors } = answer.data.enterAsGuest;
    return { answer, viewer, problem: errors[0]?.message ?? null };
  });
}

/** Comes as the person of the cookie, else as a new guest. */
export async function arrive(): Promise<Arrival> {
  const known = await whoAmI();
  return known.name === null && known.problem === null ? enterAnew() : known;
}

async function arrival(
  ask: () => Promise<{ answer: Answer<unknown>; viewer: WhoAmI['viewer']; problem: string | null }>,
): Promise<Arrival> {
  try {
    const { answer, viewer, problem } = await ask();
    return {
      name: viewer?.user.displayName ?? null,
      problem: problem ?? answer.errors?.[0]?.message ?? null,
      after: answer.asOf,
    };
  } catch (error) {
    const isRefused = error instanceof ParleyError && error.code !== 'UNREACHABLE' && error.code !== 'BAD_ANSWER';
    return { name: null, problem: isRefused ? error.message : 'The server cannot be reached.', after: null };
  }
}
