import { type DocumentNode, print } from 'graphql';

/** What typed documents of all makers carry; nothing is there at run time. */
interface Typed<Data, Variables> {
  readonly __apiType?: (variables: Variables) => Data;
}

/** An operation: text, what `gql` or graphql-codegen make of it, with or without types. */
export type ParleyDocument<Data, Variables = never> =
  | string
  | (DocumentNode & Typed<Data, Variables>)
  // biome-ignore lint/complexity/noBannedTypes: the typed text of graphql-codegen is a String object.
  | (String & Typed<Data, Variables>);

/** The text of a document. */
export function textOf(document: ParleyDocument<unknown>): string {
  return typeof document === 'string' || document instanceof String
    ? String(document)
    : print(document as DocumentNode);
}
