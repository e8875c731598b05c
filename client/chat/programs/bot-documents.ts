import { graphql } from '../../gql/index.ts';

export const BotFragment = graphql(`
  fragment BotFacts on Bot {
    createdAt
    user { ...UserFacts }
  }
`);

/** All of them: Server.limits has 20 as the most that one may run. */
export const BotsDocument = graphql(`
  query Bots {
    viewer {
      bots(first: 100) {
        edges { cursor node { ...BotFacts } }
      }
    }
  }
`);

export const CreateBotDocument = graphql(`
  mutation CreateBot($handle: String!, $displayName: String!, $clientKey: String!) {
    createBot(input: { handle: $handle, displayName: $displayName, clientKey: $clientKey }) {
      bot { ...BotFacts }
      errors { code message path }
    }
  }
`);

export const UpdateBotDocument = graphql(`
  mutation UpdateBot($botId: ID!, $handle: String!, $displayName: String!, $clientKey: String!) {
    updateBot(input: { botId: $botId, handle: $handle, displayName: $displayName, clientKey: $clientKey }) {
      bot { ...BotFacts }
      errors { code message path }
    }
  }
`);

export const DeleteBotDocument = graphql(`
  mutation DeleteBot($botId: ID!, $clientKey: String!) {
    deleteBot(input: { botId: $botId, clientKey: $clientKey }) {
      user { id }
      errors { code message }
    }
  }
`);
