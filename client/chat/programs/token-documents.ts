import { graphql } from '../../gql/index.ts';

export const ApiTokensDocument = graphql(`
  query ApiTokens {
    viewer {
      apiTokens(last: 50) {
        nodes { id name hint scopes createdAt lastUsedAt expiresAt }
      }
    }
  }
`);

export const CreateApiTokenDocument = graphql(`
  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int) {
    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays }) {
      token
      apiToken { id name }
      errors { code message path }
    }
  }
`);

export const RevokeApiTokenDocument = graphql(`
  mutation RevokeApiToken($apiTokenId: ID!) {
    revokeApiToken(input: { apiTokenId: $apiTokenId }) {
      apiTokenId
      errors { code message }
    }
  }
`);
