/** What transports are told; units are in the names. main makes it of the configuration. */
export interface TransportSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Origins (`https://chat.example`) that may use the cookie and read answers, besides the server's own. */
  readonly allowedOrigins: readonly string[];
  /** Believe X-Forwarded-For, -Proto and -Host. */
  readonly trustProxy: boolean;
  /** Where people reach this server, as `https://chat.example`; null: http://localhost and the port. */
  readonly publicUrl: string | null;
  /** Null: none. */
  readonly provider: ProviderSettings | null;
  readonly bodyLimitBytes: number;
  /** How long `close` goes on serving, while it says that it is not ready, before it takes nothing new. */
  readonly drainDelayMs: number;
  /** How long requests and connections then have to end; over most of it the closing of connections is spread. */
  readonly drainMs: number;
  readonly document: DocumentSettings;
  readonly socket: SocketSettings;
  readonly eventStream: EventStreamSettings;
  readonly rates: RateSettings;
}

/** A provider of OpenID Connect. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client. */
  readonly clientSecret: string | null;
  /** For a button. */
  readonly label: string;
  /** False: it lets in those alone who linked it before. */
  readonly isSignUpOpen: boolean;
}

/** Bounds of one document, and of the cache of parsed ones. */
export interface DocumentSettings {
  readonly maxTokens: number;
  /** Brackets within brackets, in documents and in variables. */
  readonly maxNesting: number;
  /** Fields within fields. */
  readonly maxDepth: number;
  readonly maxCost: number;
  readonly maxErrors: number;
  readonly cachedDocuments: number;
  /** Of the documents' text, in UTF-16 code units; what is kept in memory is about thirty times that. */
  readonly cachedTextLength: number;
}

export interface SocketSettings {
  readonly messageLimitBytes: number;
  readonly idLimitLength: number;
  readonly initTimeoutMs: number;
  /** A socket that said nothing for this long is pinged; one that does not answer for as long again is cut. */
  readonly keepAliveMs: number;
  /** How often the sessions of open connections are looked at: kept as seen, or found to have ended. */
  readonly sessionCheckMs: number;
  /** A socket whose unsent bytes do not get less for this long is cut. */
  readonly stalledSocketMs: number;
  /** At or under this many unsent bytes, readers that waited go on. */
  readonly sendQueueLowBytes: number;
  /** A socket with more unsent than this, when a message other than the hub's comes on top, is cut. */
  readonly sendQueueLimitBytes: number;
  readonly subscriptionsPerSocket: number;
  /** Queries, mutations and subscriptions being opened, at once. */
  readonly operationsPerSocket: number;
  readonly socketsPerUser: number;
  readonly socketsPerAddress: number;
}

/** Of streams of events over HTTP. Queues and counts are those of sockets. */
export interface EventStreamSettings {
  /** A stream on which nothing came for this long gets a comment, so that nobody on the way takes it for dead. */
  readonly heartbeatMs: number;
  /** How long a client waits before it comes back after its stream broke. */
  readonly retryMs: number;
}

/** A bucket that holds `count` uses and is full again after `windowMs`. Count 0: no limit. */
export interface RateLimit {
  readonly count: number;
  readonly windowMs: number;
}

export type BucketName =
  | 'operations'
  | 'sends'
  | 'changes'
  | 'typing'
  | 'guests'
  | 'signUps'
  | 'signIns'
  | 'passwords'
  | 'exports';
export type RateSettings = Readonly<Record<BucketName, RateLimit>>;

const KiB = 1024;
const MiB = 1024 * KiB;

/** For tests, and for whatever the configuration does not name. */
export const defaultTransportSettings: TransportSettings = {
  host: '127.0.0.1',
  port: 0,
  allowedOrigins: [],
  trustProxy: false,
  publicUrl: null,
  provider: null,
  bodyLimitBytes: 256 * KiB,
  drainDelayMs: 0,
  drainMs: 5_000,
  document: {
    // The introspection of GraphiQL has about 200; validating the worst document of 1,000 that we found takes 45 ms.
    maxTokens: 1_000,
    maxNesting: 64,
    maxDepth: 12,
    maxCost: 5_000,
    maxErrors: 20,
    cachedDocuments: 1_000,
    cachedTextLength: MiB,
  },
  socket: {
    messageLimitBytes: 128 * KiB,
    idLimitLength: 128,
    initTimeoutMs: 5_000,
    keepAliveMs: 25_000,
    sessionCheckMs: 30_000,
    stalledSocketMs: 20_000,
    sendQueueLowBytes: 32 * KiB,
    sendQueueLimitBytes: MiB,
    subscriptionsPerSocket: 100,
    operationsPerSocket: 64,
    socketsPerUser: 50,
    // Many people share an address (offices, mobile carriers); the sum of sockets is what the machine can hold.
    socketsPerAddress: 10_000,
  },
  eventStream: { heartbeatMs: 12_000, retryMs: 2_000 },
  rates: {
    operations: { count: 500, windowMs: 10_000 },
    sends: { count: 50, windowMs: 10_000 },
    changes: { count: 60, windowMs: 3_600_000 },
    typing: { count: 50, windowMs: 10_000 },
    guests: { count: 60, windowMs: 3_600_000 },
    signUps: { count: 60, windowMs: 3_600_000 },
    signIns: { count: 300, windowMs: 3_600_000 },
    passwords: { count: 30, windowMs: 3_600_000 },
    exports: { count: 6, windowMs: 3_600_000 },
  },
};
