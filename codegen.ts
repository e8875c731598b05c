import type { CodegenConfig } from '@graphql-codegen/cli';

const scalars = { Cursor: 'string', DateTime: 'string', WebAuthnJSON: 'any' };
const shared = { enumsAsTypes: true, scalars, strictScalars: true, useTypeImports: true };

/** Types for the operations of the web client and of the SDK, from the printed schema. Committed; CI makes them again and compares. */
const config: CodegenConfig = {
  schema: 'schema/schema.graphql',
  importExtension: '.ts',
  generates: {
    'client/gql/': {
      documents: ['client/**/*.{ts,tsx}', '!client/gql/**', '!client/sdk/**'],
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: shared,
    },
    'client/sdk/src/generated/operations.ts': {
      documents: ['client/sdk/src/documents.ts'],
      plugins: ['typescript-operations'],
      config: { ...shared, skipTypename: true },
    },
  },
};

export default config;
