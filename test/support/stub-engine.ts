import { buildSchema, type GraphQLError, type GraphQLObjectType, GraphQLScalarType, Kind } from 'graphql';
import type { Reader, Sink, StreamEnd } from '../../src/hub/contract.ts';
import { Fault } from '../../src/observe/fault.ts';
import type { AdmittedOperation, Caller, CallerViewer, Engine } from '../../src/transport/contract.ts';
import { errorOfFault } from '../../src/transport/errors.ts';

const sdl = /* GraphQL */ `
  scalar Even
  type Query {
    hello(name: String = "you", count: Int): String!
    even(value: Even): String
    viewerId: String
    bug: String
    wrongResult: Int
    lateFault: String
    sideBySide: Node
    slow: String
    big(bytes: Int!): String!
    nodes(first: Int = 10): [Node!]!
    node: Node
  }
  type Node { id: ID! parent: Node nodes(first: Int = 10): [Node!]! broken: String }
  type Mutation { enter: Boolean! signOut: Boolean! add(value: Int!): Int! }
  type Subscription { ticks(from: Int): Int! other: Int refused: Int }
`;

/** A stream that the transport opened on this engine: the test is its hub. */
export interface StubStream {
  readonly caller: Caller;
  readonly operation: AdmittedOperation;
  readonly sink: Sink;
  /** The cursor that the client resumes after; null: none. */
  readonly resumeAfter: string | null;
  readonly isClosed: boolean;
  /** Writes `{"data":{"ticks":value}}`, at the next position from 1. */
  tick(value: number | string): void;
  /** Ends as the hub does, after the last item. */
  finish(): void;
}

export interface StubEngine extends Engine {
  readonly streams: StubStream[];
  /** Settles when the next stream has been opened. */
  nextStream(): Promise<StubStream>;
  /** Users by token, ids of sessions being `session of <token>`. */
  readonly tokens: Map<string, string>;
  endCredential(credentialId: string): void;
  /** Lets `slow` answer; the promise that it waits for. */
  release(): void;
  /** Holds openStream back until it settles. */
  opening: Promise<void>;
  readonly mutations: number[];
  /** Calls of openStream so far, refused ones and those held back included. */
  asked: number;
  /** Queries and mutations that have begun so far. */
  begun: number;
  isUp: boolean;
  hasSignInFlood: boolean;
}

/** A transport's other half, without a database: a small schema, and streams that the test writes itself. */
export function createStubEngine(): StubEngine {
  const credentialListeners = new Set<(credentialId: string, isReplaced: boolean) => void>();
  const streamTakers: ((stream: StubStream) => void)[] = [];
  let release = () => {};
  const released = new Promise<string>((resolve) => {
    release = () => resolve('at last');
  });
  const schema = buildSchema(sdl);
  const mutations: number[] = [];

  const query = fieldsOf(schema.getQueryType());
  query.hello!.resolve = (_, { name }) => `hello ${name}`;
  query.even!.resolve = (_, { value }) => String(value);
  query.viewerId!.resolve = (_, __, { caller }) => caller.viewer?.user.id ?? null;
  query.bug!.resolve = () => {
    throw new TypeError('SELECT secret FROM /home/somewhere');
  };
  query.wrongResult!.resolve = () => 'no integer at all';
  query.lateFault!.resolve = () => {
    throw new Fault('CURSOR_EXPIRED', 'the cursor is of another epoch', { reason: 'EPOCH' });
  };
  query.slow!.resolve = () => released;
  query.big!.resolve = (_, { bytes }) => 'x'.repeat(bytes);
  query.node!.resolve = () => ({ id: '1' });
  query.nodes!.resolve = () => [{ id: '1' }];
  for (const name of ['nodes']) {
    const cost = ({ first }: { first?: number }) => ({ field: 1, multiplier: first ?? 10 });
    query[name]!.extensions = { complexity: cost };
    fieldsOf(schema.getType('Node') as GraphQLObjectType)[name]!.extensions = { complexity: cost };
  }
  const mutation = fieldsOf(schema.getMutationType());
  mutation.enter!.resolve = (_, __, { caller }) => {
    caller.setCookie?.('token-of-ann', new Date(Date.now() + 60_000));
    return caller.setCookie !== null;
  };
  mutation.signOut!.resolve = (_, __, { caller }) => {
    engine.endCredential(caller.viewer.credentialId);
    return true;
  };
  mutation.add!.resolve = (_, { value }) => {
    mutations.push(value);
    return mutations.length;
  };
  Object.assign(schema.getType('Even') as GraphQLScalarType, scalarOfEvenNumbers());

  const engine: StubEngine = {
    schema,
    streams: [],
    mutations,
    tokens: new Map([
      ['token-of-ann', 'ann'],
      ['token-of-bob', 'bob'],
    ]),
    opening: Promise.resolve(),
    begun: 0,
    asked: 0,
    isUp: true,
    setPresent: () => undefined,
    hasSignInFlood: false,
    async *exportOf() {},
    avatars: {
      limitBytes: 0,
      set: () => Promise.reject(new Error('this engine has no people')),
      read: async () => null,
    },
    providers: {
      key: Buffer.alloc(32),
      spend: () => Promise.resolve(true),
      enter: () => Promise.reject(new Error('this engine has no people')),
    },
    release,
    isReady: async () => engine.isUp,
    viewerOf: async (token) => {
      const id = engine.tokens.get(token);
      return id === undefined
        ? null
        : ({
            user: { id },
            credentialId: `session of ${token}`,
            scopes: null,
            expiresAt: null,
          } satisfies CallerViewer);
    },
    beginOperation(caller) {
      engine.begun += 1;
      return { context: { caller }, end: async () => 'log_position' };
    },
    cursorOf: (mark) => `log_${mark.position}`,
    keepCredentials: async () => undefined,
    onCredentialEnded(callback) {
      credentialListeners.add(callback);
      return () => void credentialListeners.delete(callback);
    },
    endCredential(credentialId) {
      engine.tokens.delete(credentialId.replace('session of ', ''));
      for (const callback of credentialListeners) callback(credentialId, false);
    },
    nextStream: () => new Promise((resolve) => void streamTakers.push(resolve)),
    async openStream(caller, operation, sink, resumeAfter = null) {
      engine.asked += 1;
      await engine.opening;
      if (rootField(operation) === 'refused') return [refusal()];
      const { stream, reader } = openStub({ caller, operation, sink, resumeAfter });
      engine.streams.push(stream);
      streamTakers.shift()?.(stream);
      return reader;
    },
  };
  return engine;
}

function openStub(opened: Pick<StubStream, 'caller' | 'operation' | 'sink' | 'resumeAfter'>): {
  stream: StubStream;
  reader: Reader;
} {
  const { sink } = opened;
  let position = 0;
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    sink.closed();
  };
  const reader: Reader = {
    close,
    end(end: StreamEnd) {
      if (isClosed) return;
      sink.write([{ payload: JSON.stringify({ data: { ticks: end.code } }), mark: { position, tag: 0 } }]);
      close();
    },
  };
  const stream: StubStream = {
    ...opened,
    get isClosed() {
      return isClosed;
    },
    tick(value) {
      position += 1;
      if (!isClosed) sink.write([{ payload: JSON.stringify({ data: { ticks: value } }), mark: { position, tag: 0 } }]);
    },
    finish: close,
  };
  return { stream, reader };
}

function fieldsOf(type: GraphQLObjectType | null | undefined): ReturnType<GraphQLObjectType['getFields']> {
  return type?.getFields() ?? {};
}

/** Refuses by a Fault, as a scalar of cursors does. */
function scalarOfEvenNumbers() {
  const check = (value: unknown) => {
    if (typeof value === 'number' && value % 2 === 0) return value;
    throw new Fault('CURSOR_INVALID', 'the number is odd', { reason: 'ODD' });
  };
  return new GraphQLScalarType({
    name: 'Even',
    parseValue: check,
    parseLiteral: (node) => check(node.kind === Kind.INT ? Number(node.value) : null),
  });
}

function rootField({ operation }: AdmittedOperation): string {
  const field = operation.selectionSet.selections[0];
  return field?.kind === Kind.FIELD ? field.name.value : '';
}

function refusal(): GraphQLError {
  return errorOfFault(new Fault('CURSOR_EXPIRED', 'the cursor is of another epoch', { reason: 'EPOCH' }));
}
