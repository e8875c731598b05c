import { type DestinationStream, pino } from 'pino';

/** What all parts of Parley log by: fields first (ids, counts, durations with units), then one plain sentence. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log that adds these fields to every line. */
  child(fields: object): Log;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object per line. `pretty`: one line for people, the fields behind the sentence. */
  readonly format: 'pretty' | 'json';
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

/** Errors under the key `err` are logged with their stack and causes. */
export function createLog({ level, format, destination }: LogOptions): Log {
  const lines = destination ?? { write: (line: string) => void process.stdout.write(line) };
  const target = format === 'json' ? lines : { write: (line: string) => lines.write(prettyLine(line)) };
  return pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } }, target);
}

/** Says nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

interface LogLine {
  level: string;
  time: number;
  msg?: string;
  err?: { message?: string; stack?: string };
  [field: string]: unknown;
}

function prettyLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as LogLine;
  const clock = new Date(time).toISOString().slice(11, 23);
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
  const cause = err === undefined ? '' : `\n${err.stack ?? err.message}`;
  return `${clock} ${level.padEnd(5)} ${msg ?? ''}${rest}${cause}\n`;
}
