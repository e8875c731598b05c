import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DirectivesPlugin from '@pothos/plugin-directives';
import RelayPlugin from '@pothos/plugin-relay';
import ValidationPlugin from '@pothos/plugin-validation';
import WithInputPlugin from '@pothos/plugin-with-input';
import { Fault } from '../src/observe/fault.ts';
import type { Context } from './context.ts';
import './signed-in.ts';

/**
 * The builder of the schema. Fields are non-null unless they say otherwise; root fields are closed to signed-out callers
 * unless they say `isOpen`.
 */
export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  DefaultNodeNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  Directives: { shared: { locations: 'FIELD_DEFINITION' } };
  Scalars: {
    ID: { Input: string; Output: string };
    Cursor: { Input: string; Output: string };
    DateTime: { Input: never; Output: Date };
    WebAuthnJSON: { Input: unknown; Output: object };
  };
}>({
  // signedIn stands first, so that it decides before any other plugin runs a resolver.
  plugins: ['signedIn', RelayPlugin, ValidationPlugin, WithInputPlugin, DirectivesPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    cursorType: 'String',
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The page, each with its cursor.',
      complexity: { field: 1, multiplier: 1 },
    },
    nodesOnConnection: { description: 'The page, without cursors.', complexity: { field: 1, multiplier: 1 } },
    nodeFieldOptions: { nullable: false, description: 'What stands here.' },
    cursorFieldOptions: { description: 'Page cursor of this place, for `after` or `before` of the same connection.' },
    pageInfoFieldOptions: { description: 'Whether there is more, and from where to go on.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its connection.' },
    hasNextPageFieldOptions: { description: 'True when there is something after this page. Always computed.' },
    hasPreviousPageFieldOptions: { description: 'True when there is something before this page. Always computed.' },
    startCursorFieldOptions: { description: 'Page cursor of the first edge. Null when the page is empty.' },
    endCursorFieldOptions: { description: 'Page cursor of the last edge. Null when the page is empty.' },
  },
  validation: {
    validationError: (failure) => {
      const [issue] = failure.issues;
      const path = (issue?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
      return new Fault('BAD_USER_INPUT', `${path.join('.')}: ${issue?.message ?? 'is out of range'}`, {
        argument: path.join('.'),
      });
    },
  },
  withInput: {
    typeOptions: { name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Input` },
    argOptions: { description: 'What to do; each field says its limits.' },
  },
  directives: { useGraphQLToolsUnorderedDirectives: true },
});
