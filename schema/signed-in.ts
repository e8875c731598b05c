import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { Fault } from '../src/observe/fault.ts';
import type { Context } from './context.ts';

declare global {
  // biome-ignore lint/style/noNamespace: Pothos' types are open to plugins in this namespace alone.
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      signedIn: SignedInPlugin<Types>;
    }
    interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** Of a root field: open to signed-out callers. */
      isOpen?: boolean;
    }
  }
}

type Resolve<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>;

/**
 * Root fields are closed to signed-out callers unless they say `isOpen`; nothing below them is asked again. The plugin for
 * scopes that Pothos has keeps a cache for each operation, which is more than this one question needs: see docs/performance.md.
 */
class SignedInPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(resolve: Resolve<Types>, field: PothosOutputFieldConfig<Types>): Resolve<Types> {
    return field.kind === 'Query' || field.kind === 'Mutation' ? closed(resolve, field) : resolve;
  }

  // Subscriptions are judged once, at subscribe: an execution for one item may be shared and has no viewer.
  override wrapSubscribe(
    subscribe: Resolve<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolve<Types> | undefined {
    return subscribe && closed(subscribe, field);
  }
}

function closed<Types extends SchemaTypes>(
  resolve: Resolve<Types>,
  field: PothosOutputFieldConfig<Types>,
): Resolve<Types> {
  if (field.pothosOptions.isOpen) return resolve;
  return (parent, args, context, info) => {
    if ((context as Context).viewer !== null) return resolve(parent, args, context, info);
    throw new Fault('UNAUTHENTICATED', `${field.name} is for signed-in callers: sign in first, enterAsGuest will do`);
  };
}

SchemaBuilder.registerPlugin('signedIn', SignedInPlugin);
