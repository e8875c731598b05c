/** Every environment variable that Parley knows. The only reader of process.env; main hands the values on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { keepingSettings } from './keeping-settings.ts';
import { peopleSettings } from './people-settings.ts';
import {
  oneOf,
  origin,
  origins,
  postgresUrl,
  rate,
  redisUrl,
  type Setting,
  text,
  wholeNumber,
  yesOrNo,
} from './setting.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

const settings = {
  http: {
    host: text('HOST', {
      default: '127.0.0.1',
      description: 'Address to listen on. 0.0.0.0 or :: opens Parley to the network.',
    }),
    port: wholeNumber('PORT', {
      default: 4000,
      unit: null,
      from: 0,
      to: 65_535,
      description: 'TCP port; 0 takes a free one.',
    }),
    allowedOrigins: origins('PARLEY_ALLOWED_ORIGINS', {
      description: "Origins of browser pages that may use this server, besides the server's own.",
    }),
    trustProxy: yesOrNo('PARLEY_TRUST_PROXY', {
      default: false,
      description: 'Believe X-Forwarded-For, -Proto and -Host. Only behind a proxy that sets them itself.',
    }),
    publicUrl: origin('PARLEY_PUBLIC_URL', {
      description:
        'Where people reach this server. Passkeys hold there, and providers send people back there. Unset: http://localhost and the port.',
    }),
    bodyLimitBytes: wholeNumber('PARLEY_BODY_LIMIT_BYTES', {
      default: 256 * KiB,
      unit: 'bytes',
      from: KiB,
      to: 64 * MiB,
      description: 'Longest body of an HTTP request.',
    }),
    drainMs: wholeNumber('PARLEY_DRAIN_MS', {
      default: 5_000,
      unit: 'ms',
      from: 500,
      to: 600_000,
      description:
        "Within this time a process that stops is gone. Over about half of it the closing of sockets and event streams is spread; the rest is for its other parts, Parley's own PostgreSQL among them, and for the exit.",
    }),
    drainDelayMs: wholeNumber('PARLEY_DRAIN_DELAY_MS', {
      default: 0,
      unit: 'ms',
      from: 0,
      to: 600_000,
      description: 'How long a stop first goes on serving while /health/ready says 503, so that load balancers notice.',
    }),
  },
  database: {
    url: postgresUrl('DATABASE_URL', {
      description: 'PostgreSQL to use. Unset: Parley runs a PostgreSQL of its own in PARLEY_DATA_DIR.',
    }),
    directUrl: postgresUrl('DATABASE_DIRECT_URL', {
      description:
        'The same PostgreSQL without a pooler between: LISTEN needs it where DATABASE_URL leads to PgBouncer in transaction mode. Unset: DATABASE_URL.',
    }),
    dataDir: text('PARLEY_DATA_DIR', {
      default: './data',
      description: "Folder of Parley's own PostgreSQL, from the project folder. One Parley at a time uses it.",
    }),
    poolSize: wholeNumber('PARLEY_DATABASE_POOL_SIZE', {
      default: 10,
      unit: 'connections',
      from: 2,
      to: 1_000,
      description: "Connections to PostgreSQL. Parley's own PostgreSQL takes 50 in all.",
    }),
  },
  events: keepingSettings.log,
  redis: {
    url: redisUrl('REDIS_URL', {
      description: 'Redis that carries the news between several nodes on one database. Unset: this is the only node.',
    }),
  },
  demo: {
    isOn: yesOrNo('PARLEY_DEMO', {
      default: true,
      description: 'Seed an empty database with rooms, people and a history, and run the bot that answers there.',
    }),
  },
  log: {
    level: oneOf('PARLEY_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      description: 'Least severity that is logged.',
    }),
    format: oneOf('PARLEY_LOG_FORMAT', ['pretty', 'json'], {
      default: 'pretty',
      description: 'pretty is for people, json has one object per line.',
    }),
  },
  ...peopleSettings,
  retention: keepingSettings.retention,
  limits: {
    messageTextCodePoints: wholeNumber('PARLEY_MESSAGE_TEXT_LIMIT', {
      default: 4_000,
      unit: 'Unicode code points',
      from: 1,
      to: 100_000,
      description: 'Longest text of a message.',
    }),
    operationDepth: wholeNumber('PARLEY_OPERATION_DEPTH', {
      default: 12,
      unit: 'levels',
      from: 3,
      to: 100,
      description: 'Deepest nesting of fields in one operation.',
    }),
    operationCost: wholeNumber('PARLEY_OPERATION_COST', {
      default: 5_000,
      unit: 'points',
      from: 100,
      to: 10_000_000,
      description:
        'Highest cost of one operation: a field costs one point, a page multiplies what is inside by its size.',
    }),
  },
  rates: {
    sendsPer10Seconds: rate('PARLEY_RATE_SENDS_PER_10_SECONDS', {
      default: 50,
      unit: 'per person in 10 s',
      description: 'Messages sent, edited and deleted',
    }),
    typingPer10Seconds: rate('PARLEY_RATE_TYPING_PER_10_SECONDS', {
      default: 50,
      unit: 'per person in 10 s',
      description: 'Signs of typing',
    }),
    operationsPer10Seconds: rate('PARLEY_RATE_OPERATIONS_PER_10_SECONDS', {
      default: 500,
      unit: 'per person or address in 10 s',
      description: 'Operations of every sort',
    }),
    guestsPerHour: rate('PARLEY_RATE_GUESTS_PER_HOUR', {
      default: 60,
      unit: 'per address in an hour',
      description: 'Guests that enter',
    }),
    signUpsPerHour: rate('PARLEY_RATE_SIGN_UPS_PER_HOUR', {
      default: 60,
      unit: 'per address in an hour',
      description: 'Sign-ups',
    }),
    signInsPerHour: rate('PARLEY_RATE_SIGN_INS_PER_HOUR', {
      default: 300,
      unit: 'per address in an hour',
      description: 'Sign-ins and changes of a password',
    }),
    passwordsPerHour: rate('PARLEY_RATE_PASSWORDS_PER_HOUR', {
      default: 30,
      unit: 'per account in an hour',
      description:
        'Passwords that are tried, right or wrong, from wherever; as many more from each place that signed in before',
    }),
    roomsPerHour: rate('PARLEY_RATE_ROOMS_PER_HOUR', {
      default: 60,
      unit: 'per person in an hour',
      description: 'Rooms created',
    }),
    exportsPerHour: rate('PARLEY_RATE_EXPORTS_PER_HOUR', {
      default: 6,
      unit: 'per person in an hour',
      description: 'Exports of all that is kept of a person',
    }),
  },
  socket: {
    payloadLimitBytes: wholeNumber('PARLEY_SOCKET_PAYLOAD_LIMIT_BYTES', {
      default: 128 * KiB,
      unit: 'bytes',
      from: KiB,
      to: 64 * MiB,
      description: 'Longest message that a WebSocket client may send; a longer one closes the socket with 1009.',
    }),
    initTimeoutMs: wholeNumber('PARLEY_SOCKET_INIT_TIMEOUT_MS', {
      default: 5_000,
      unit: 'ms',
      from: 100,
      to: 600_000,
      description: 'How long a WebSocket may wait before connection_init; then it is closed with 4408.',
    }),
    subscriptionsPerSocket: wholeNumber('PARLEY_SUBSCRIPTIONS_PER_SOCKET', {
      default: 100,
      unit: 'subscriptions',
      from: 1,
      to: 100_000,
      description: 'Subscriptions open at once on one WebSocket.',
    }),
    socketsPerUser: wholeNumber('PARLEY_SOCKETS_PER_USER', {
      default: 50,
      unit: 'sockets',
      from: 1,
      to: 100_000,
      description: 'WebSockets and event streams that one person may have open at once.',
    }),
  },
  hub: {
    sendQueueHighBytes: wholeNumber('PARLEY_SEND_QUEUE_HIGH_BYTES', {
      default: 256 * KiB,
      unit: 'bytes',
      from: 16 * KiB,
      to: 64 * MiB,
      description: 'With more than this unsent, a reader leaves live and reads the log at its own pace.',
    }),
    sendQueueLowBytes: wholeNumber('PARLEY_SEND_QUEUE_LOW_BYTES', {
      default: 32 * KiB,
      unit: 'bytes',
      from: KiB,
      to: 64 * MiB,
      description: 'With less than this unsent, it goes on. Lower than PARLEY_SEND_QUEUE_HIGH_BYTES.',
    }),
    checkpointIntervalMs: wholeNumber('PARLEY_CHECKPOINT_INTERVAL_MS', {
      default: 15_000,
      unit: 'ms',
      from: 100,
      to: 600_000,
      description: 'How often a quiet subscription tells its position.',
    }),
  },
};

type Settings = typeof settings;
type ValueOf<S> = S extends Setting<infer Value> ? Value : never;

/** The validated values, in groups; units are in the names. */
export type Config = {
  readonly [Group in keyof Settings]: {
    readonly [Key in keyof Settings[Group]]: ValueOf<Settings[Group][Key]>;
  };
};

/** A row of the settings table, in `--help` and in the docs. */
export type SettingRow = Pick<Setting<unknown>, 'name' | 'type' | 'unit' | 'default' | 'description'>;

/** What is wrong with the environment: one problem per line, all of them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process; `.env` of the project folder fills in what it leaves unset. */
export function readEnvironment(projectFolder: string): Environment {
  const file = join(projectFolder, '.env');
  if (!existsSync(file)) return process.env;
  return { ...parseEnv(readFileSync(file, 'utf8')), ...process.env };
}

/** The settings of an environment; a variable that is missing or blank has its default. Throws ConfigError. */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const groups = Object.entries(settings).map(([group, members]) => {
    const values = Object.entries(members as Record<string, Setting<unknown>>).map(([key, one]) => [
      key,
      read(one, env, problems),
    ]);
    return [group, Object.fromEntries(values)];
  });
  const config = Object.fromEntries(groups) as Config;
  if (problems.length === 0 && config.hub.sendQueueLowBytes >= config.hub.sendQueueHighBytes) {
    problems.push(
      `PARLEY_SEND_QUEUE_LOW_BYTES is ${config.hub.sendQueueLowBytes}; expected less than PARLEY_SEND_QUEUE_HIGH_BYTES, which is ${config.hub.sendQueueHighBytes}`,
    );
  }
  if (problems.length === 0) problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** What is wrong with settings that are well each by itself. */
function contradictions({ http: { publicUrl }, passkeys: { domain }, oidc, retention }: Config): string[] {
  const problems: string[] = [];
  if (oidc.issuer !== null && oidc.clientId === null) {
    problems.push('PARLEY_OIDC_ISSUER is set; expected PARLEY_OIDC_CLIENT_ID too');
  }
  if (oidc.clientSecret !== null && oidc.clientSecretFile !== null) {
    problems.push('PARLEY_OIDC_CLIENT_SECRET and PARLEY_OIDC_CLIENT_SECRET_FILE are set; expected one of them');
  }
  const host = publicUrl === null ? 'localhost' : new URL(publicUrl).hostname;
  if (domain !== null && host !== domain && !host.endsWith(`.${domain}`)) {
    problems.push(`PARLEY_PASSKEY_DOMAIN is ${JSON.stringify(domain)}; expected ${host}, or a domain above it`);
  }
  const { minDays, defaultDays, maxDays } = retention;
  if (maxDays !== null && maxDays < minDays) {
    problems.push(`PARLEY_MESSAGE_RETENTION_MAX_DAYS is ${maxDays}; expected ${minDays} or more, the shortest time`);
  }
  if (defaultDays !== null && (defaultDays < minDays || defaultDays > (maxDays ?? defaultDays))) {
    const range = maxDays === null ? `${minDays} or more` : `${minDays} to ${maxDays}`;
    problems.push(`PARLEY_MESSAGE_RETENTION_DAYS is ${defaultDays}; expected ${range}, as for rooms`);
  }
  return problems;
}

/** Variables that begin with PARLEY_ and mean nothing: likely misspelt. Not an error, as Kubernetes adds such names. */
export function findUnknownSettings(env: Environment): readonly string[] {
  const known = new Set(describeSettings().map((row) => row.name));
  return Object.keys(env).filter((name) => name.startsWith('PARLEY_') && !known.has(name));
}

/** All settings, in the order of the groups. */
export function describeSettings(): readonly SettingRow[] {
  return Object.values(settings).flatMap((members) =>
    Object.values(members as Record<string, Setting<unknown>>).map(
      ({ name, type, unit, default: byDefault, description }) => ({
        name,
        type,
        unit,
        default: byDefault,
        description,
      }),
    ),
  );
}

/** The settings as `npm start -- --help` prints them, 100 columns wide. */
export function formatSettings(): string {
  return describeSettings()
    .map((row) => {
      const unit = row.unit === null ? '' : ` (${row.unit})`;
      return `  ${row.name}=${row.default ?? ''}\n      ${row.description}\n      ${row.type}${unit}\n`;
    })
    .join('');
}

function read<Value>(one: Setting<Value>, env: Environment, problems: string[]): Value {
  const given = env[one.name]?.trim();
  if (given === undefined || given === '') return one.whenUnset;
  const parsed = one.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  problems.push(`${one.name} is ${quote(one.name, given)}; expected ${one.type}`);
  return one.whenUnset;
}

/** The URL of a database or of Redis holds a password, which has no place in a log. */
function quote(name: string, value: string): string {
  if (name === 'REDIS_URL') return 'not a URL of Redis';
  return name.startsWith('DATABASE_') ? 'not a PostgreSQL URL' : JSON.stringify(value);
}
