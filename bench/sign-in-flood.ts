/** A process of its own that signs in at once as often as a line of its input says, and answers by a line how it went. */
import { createInterface } from 'node:readline';
import { goodPassword, signIn } from '../test/support/account.ts';

/** What is asked: so many sign-ins, by turns with these handles. */
export interface FloodAsked {
  readonly url: string;
  readonly handles: readonly string[];
  readonly count: number;
}

export interface Flooded {
  /** From the first request to the last answer. */
  readonly tookMs: number;
  /** Of each sign-in, from the first request to its answer. */
  readonly answeredMs: readonly number[];
  readonly refused: number;
}

async function flood({ url, handles, count }: FloodAsked): Promise<Flooded> {
  const begunAt = performance.now();
  const answeredMs: number[] = [];
  const refused = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const { errors } = await signIn({ url }, handles[n % handles.length] as string, goodPassword);
      answeredMs.push(performance.now() - begunAt);
      return errors.length;
    }),
  );
  return { tookMs: performance.now() - begunAt, answeredMs, refused: refused.filter((one) => one > 0).length };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await flood(JSON.parse(line) as FloodAsked)));
}
