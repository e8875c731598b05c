import { graphql } from '../../gql/index.ts';

export const ApiTokenFragment = graphql(`
  fragment ApiTokenFacts on ApiToken {
    id
    name
    hint
    scopes
    createdAt
    lastUsedAt
    expiresAt
  }
`);

export const ApiTokensDocument = graphql(`
  query ApiTokens {
    viewer {
      apiTokens(last: 50) {
        nodes { ...ApiTokenFacts }
      }
    }
  }
`);

/** Of one bot, the first after a page cursor: those of all at once would cost more than an operation may. */
export const BotTokensDocument = graphql(`
  query BotTokens($after: String) {
    viewer {
      bots(first: 1, after: $after) {
        nodes {
          user { id }
          apiTokens(last: 50) {
            nodes { ...ApiTokenFacts }
          }
        }
      }
    }
  }
`);

export const CreateApiTokenDocument = graphql(`
  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int, $botId: ID) {
    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays, botId: $botId }) {
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
