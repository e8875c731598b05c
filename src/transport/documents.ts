import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Fault } from '../observe/fault.ts';
import { errorOfFault, refusedRequest } from './errors.ts';
import type { DocumentSettings } from './settings.ts';

/** A valid document, or why it is none. */
type Checked = { readonly document: DocumentNode; readonly operations: Map<string, SelectedOperation> } | Refused;
type Refused = { readonly errors: readonly GraphQLError[] };

/** One operation of a document, with all its fragments. */
export interface SelectedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Parses and validates; remembers both outcomes by text, within a bound of entries and of text. */
export interface Documents {
  /** The named operation (null: the only one), or errors with GRAPHQL_PARSE_FAILED or GRAPHQL_VALIDATION_FAILED. */
  select(text: string, operationName: string | null): SelectedOperation | Refused;
}

export function createDocuments(schema: GraphQLSchema, settings: DocumentSettings): Documents {
  const cache = new LRUCache<string, Checked>({
    max: settings.cachedDocuments,
    maxSize: settings.cachedTextLength,
    sizeCalculation: (_, text) => Math.max(1, text.length),
  });

  function check(text: string): Checked {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const checked = checkAnew(text);
    cache.set(text, checked);
    return checked;
  }

  function checkAnew(text: string): Checked {
    try {
      const source = new Source(text);
      checkNesting(source, settings);
      const document = parse(source, { maxTokens: settings.maxTokens });
      const errors = validate(schema, document, specifiedRules, { maxErrors: settings.maxErrors });
      if (errors.length > 0) return { errors: refusedRequest(errors, 'GRAPHQL_VALIDATION_FAILED') };
      return { document, operations: new Map() };
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: refusedRequest([error], 'GRAPHQL_PARSE_FAILED') };
      if (error instanceof Fault) return { errors: [errorOfFault(error)] };
      throw error;
    }
  }

  return {
    select(text, operationName) {
      const checked = check(text);
      if ('errors' in checked) return checked;
      const key = operationName ?? '';
      const known = checked.operations.get(key);
      if (known !== undefined) return known;
      const operation = findOperation(checked.document, operationName);
      if (operation === null) return { errors: [unknownOperation(operationName)] };
      if (schema.getRootType(operation.operation) == null) return { errors: [noRoot(operation)] };
      const fragments = checked.document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
      const selected = { operation, document: { ...checked.document, definitions: [operation, ...fragments] } };
      checked.operations.set(key, selected);
      return selected;
    },
  };
}

/**
 * The parser of graphql goes one call deeper for each bracket, so brackets are counted first.
 * Throws GRAPHQL_PARSE_FAILED, also for too many tokens; GraphQLError where the text has no tokens at all.
 */
function checkNesting(source: Source, { maxNesting, maxTokens }: DocumentSettings): void {
  const lexer = new Lexer(source);
  let depth = 0;
  let tokens = 0;
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    tokens += 1;
    if (tokens > maxTokens) throw new Fault('GRAPHQL_PARSE_FAILED', `the document has more than ${maxTokens} tokens`);
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) depth += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) depth -= 1;
    if (depth > maxNesting) {
      throw new Fault('GRAPHQL_PARSE_FAILED', `brackets are nested more than ${maxNesting} deep in the document`);
    }
  }
}

function findOperation(document: DocumentNode, name: string | null): OperationDefinitionNode | null {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (name === null) return operations.length === 1 ? (operations[0] ?? null) : null;
  return operations.find((operation) => operation.name?.value === name) ?? null;
}

function unknownOperation(name: string | null): GraphQLError {
  const message =
    name === null
      ? 'operationName is needed: the document has not exactly one operation'
      : `the document has no operation named ${JSON.stringify(name.slice(0, 100))}`;
  return errorOfFault(new Fault('GRAPHQL_VALIDATION_FAILED', message));
}

function noRoot(operation: OperationDefinitionNode): GraphQLError {
  return errorOfFault(new Fault('GRAPHQL_VALIDATION_FAILED', `the schema has no ${operation.operation}`));
}
