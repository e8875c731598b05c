import { isRefused, type Refusal, type Refused } from '../src/chat/refusal.ts';
import { builder } from './builder.ts';
import { type Change, errorsDescription } from './change.ts';
import type { Context } from './context.ts';
import { UserErrorRef } from './errors.ts';
import { encodeId, type NodeKind } from './ids.ts';

interface RemovedAnswer {
  readonly removedId: string | null;
  readonly errors: readonly Refusal[];
}

/** Payload of a mutation that takes away something of the caller's own, of which the log says nothing. */
export function removedPayload(name: string, what: string) {
  return builder.objectRef<RemovedAnswer>(name).implement({
    description: 'What came of the mutation.',
    fields: (t) => ({
      removedId: t.exposeID('removedId', {
        nullable: true,
        description: `Global id of the ${what} that is gone. Null when refused.`,
      }),
      errors: t.field({ type: [UserErrorRef], description: errorsDescription, resolve: ({ errors }) => [...errors] }),
    }),
  });
}

export async function runRemoval<Kind extends NodeKind>(
  change: Change,
  context: Context,
  kind: Kind,
  act: () => Promise<Refused | { readonly removedId: Parameters<typeof encodeId<Kind>>[1] }> | Refused,
): Promise<RemovedAnswer> {
  const outcome = await change.attempt(context, act);
  if (isRefused(outcome)) return { removedId: null, errors: [outcome.refusal] };
  return { removedId: encodeId(kind, outcome.removedId), errors: [] };
}
