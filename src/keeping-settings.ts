/** Settings of how long things are kept. */
import { optionalNumber, wholeNumber } from './setting.ts';

const mostDays = 36_500;

export const keepingSettings = {
  log: {
    keepDays: optionalNumber('PARLEY_LOG_KEEP_DAYS', {
      unit: 'days',
      from: 1,
      to: mostDays,
      description:
        'Older events leave the log, and cursors from before them are refused; messages stay. Unset: the log is kept for ever.',
    }),
  },
  retention: {
    defaultDays: optionalNumber('PARLEY_MESSAGE_RETENTION_DAYS', {
      unit: 'days',
      from: 1,
      to: mostDays,
      description:
        'How long texts of messages stay in rooms whose owners chose nothing. Unset: for PARLEY_MESSAGE_RETENTION_MAX_DAYS.',
    }),
    minDays: wholeNumber('PARLEY_MESSAGE_RETENTION_MIN_DAYS', {
      default: 1,
      unit: 'days',
      from: 1,
      to: mostDays,
      description: 'The shortest time that owners of a room may choose for its messages.',
    }),
    maxDays: optionalNumber('PARLEY_MESSAGE_RETENTION_MAX_DAYS', {
      unit: 'days',
      from: 1,
      to: mostDays,
      description: 'The longest, for all rooms, whatever their owners have chosen. Unset: for ever.',
    }),
  },
};
