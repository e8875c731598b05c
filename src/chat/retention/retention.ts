import { type Refused, refuse } from '../refusal.ts';

/** How long texts of messages stay in rooms, as the operator has it. Null: no such time. */
export interface RetentionBounds {
  /** For rooms whose owners chose nothing. */
  readonly defaultDays: number | null;
  readonly minDays: number;
  readonly maxDays: number | null;
}

/** A hundred years. */
const MOST_DAYS = 36_500;

/** Days that texts of a room stay; null: for ever. `chosen`: by its owners. The bounds of now hold for old choices too. */
export function retentionDaysOf(
  chosen: number | null,
  { defaultDays, minDays, maxDays }: RetentionBounds,
): number | null {
  const wanted = chosen ?? defaultDays;
  if (wanted === null) return maxDays;
  return Math.min(Math.max(wanted, minDays), maxDays ?? MOST_DAYS);
}

/** The same in SQL, of the column that holds what was chosen; defaultDays, minDays and maxDays are three parameters from `first` on. */
export function retentionDaysSql(column: string, first: number): string {
  const [wanted, min, max] = [`coalesce(${column}, $${first}::int)`, `$${first + 1}::int`, `$${first + 2}::int`];
  return `CASE WHEN ${wanted} IS NULL THEN ${max} ELSE least(greatest(${wanted}, ${min}), ${max}, ${MOST_DAYS}) END`;
}

export function checkRetention(days: number, { minDays, maxDays }: RetentionBounds): Refused | null {
  const most = maxDays ?? MOST_DAYS;
  if (days >= minDays && days <= most) return null;
  const message = `texts of a room stay for ${minDays} to ${most} days here`;
  return refuse('RETENTION_INVALID', message, ['input', 'messageRetentionDays']);
}
