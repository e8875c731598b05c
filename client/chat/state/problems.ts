import type { CombinedError } from 'urql';
import { faultSentence, type Refusal, refusalSentence } from './sentences.ts';

/** Why a form was refused: sentences by the names of its fields, and one for what belongs to none of them. */
export interface Problems {
  readonly byField: Readonly<Record<string, string>>;
  readonly general: string | null;
}

export const noProblems: Problems = { byField: {}, general: null };

interface PathRefusal extends Refusal {
  readonly path?: readonly string[] | null;
}

/** Puts each refusal beside the field that its `path` ends with. Null: nothing was refused. */
export function problemsOf(options: {
  readonly error: CombinedError | undefined;
  readonly errors: readonly PathRefusal[] | undefined;
  readonly fields: readonly string[];
}): Problems | null {
  const { error, errors = [], fields } = options;
  if (error) return { byField: {}, general: faultSentence(error) };
  if (errors.length === 0) return null;
  const byField: Record<string, string> = {};
  let general: string | null = null;
  for (const refusal of errors) {
    const field = refusal.path?.at(-1) ?? '';
    if (fields.includes(field)) byField[field] ??= refusalSentence(refusal);
    else general ??= refusalSentence(refusal);
  }
  return { byField, general };
}
