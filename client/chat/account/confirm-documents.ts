import { graphql } from '../../gql/index.ts';

export const SignInStateDocument = graphql(`
  query SignInState {
    viewer {
      hasPassword
      confirmedUntil
      user { id handle }
      passkeys { id }
      identities { id }
    }
  }
`);

export const ConfirmWithPasswordDocument = graphql(`
  mutation ConfirmWithPassword($password: String!) {
    confirmWithPassword(input: { password: $password }) { confirmedUntil errors { code message path } }
  }
`);

export const ConfirmWithPasskeyDocument = graphql(`
  mutation ConfirmWithPasskey($response: WebAuthnJSON!) {
    confirmWithPasskey(input: { response: $response }) { confirmedUntil errors { code message } }
  }
`);
