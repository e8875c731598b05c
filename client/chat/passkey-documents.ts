import { graphql } from '../gql/index.ts';

export const SignInMethodsDocument = graphql(`
  query SignInMethods {
    server { signInMethods { kind label path } }
  }
`);

export const PasskeySignInOptionsDocument = graphql(`
  mutation PasskeySignInOptions {
    passkeySignInOptions { options errors { code message } }
  }
`);

export const SignInWithPasskeyDocument = graphql(`
  mutation SignInWithPasskey($response: WebAuthnJSON!) {
    signInWithPasskey(input: { response: $response, credential: COOKIE }) {
      viewer { user { id } }
      errors { code message }
    }
  }
`);

export const OwnSignInWaysDocument = graphql(`
  query OwnSignInWays {
    viewer {
      passkeys { id name isBackedUp createdAt lastUsedAt }
      identities { id issuer createdAt lastUsedAt }
    }
  }
`);

export const PasskeyRegistrationOptionsDocument = graphql(`
  mutation PasskeyRegistrationOptions {
    passkeyRegistrationOptions { options errors { code message } }
  }
`);

export const RegisterPasskeyDocument = graphql(`
  mutation RegisterPasskey($response: WebAuthnJSON!, $name: String) {
    registerPasskey(input: { response: $response, name: $name }) {
      passkey { id name }
      errors { code message }
    }
  }
`);

export const RemovePasskeyDocument = graphql(`
  mutation RemovePasskey($passkeyId: ID!) {
    removePasskey(input: { passkeyId: $passkeyId }) { removedId errors { code message } }
  }
`);

export const UnlinkIdentityDocument = graphql(`
  mutation UnlinkIdentity($identityId: ID!) {
    unlinkIdentity(input: { identityId: $identityId }) { removedId errors { code message } }
  }
`);
