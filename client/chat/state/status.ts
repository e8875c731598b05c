export interface Status {
  readonly text: string;
  readonly emoji: string | null;
  readonly expiresAt: string | null;
}

/** Milliseconds until a status is over; infinite for one that stays, 0 for one that is over. */
export function statusLeftMs({ expiresAt }: Pick<Status, 'expiresAt'>, now: number): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Math.max(0, new Date(expiresAt).getTime() - now);
}
