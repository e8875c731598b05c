/** What a part of `npm run bench:resume` reports: a line per figure, with what is allowed. */
export interface Finding {
  readonly figure: string;
  readonly found: string;
  readonly allowed: string;
  readonly isKept: boolean;
}

/** A figure that may be at most so much. */
export function atMost(figure: string, found: number, allowed: number, unit: string, digits = 1): Finding {
  return {
    figure,
    found: `${found.toFixed(digits)} ${unit}`.trim(),
    allowed: `≤ ${allowed} ${unit}`.trim(),
    isKept: found <= allowed,
  };
}

/** A count of faults, of so many things looked at. */
export function none(figure: string, found: number, of: number): Finding {
  return { figure, found: `${found} of ${of}`, allowed: '0', isKept: found === 0 && of > 0 };
}

export const quietRates = {
  PARLEY_RATE_SENDS_PER_10_SECONDS: '0',
  PARLEY_RATE_OPERATIONS_PER_10_SECONDS: '0',
  PARLEY_RATE_GUESTS_PER_HOUR: '0',
  PARLEY_RATE_ROOMS_PER_HOUR: '0',
  PARLEY_RATE_SIGN_UPS_PER_HOUR: '0',
};
