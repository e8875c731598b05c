import { graphql } from '../../gql/index.ts';

export const EnterDocument = graphql(`
  mutation Enter($displayName: String!) {
    enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {
      viewer { user { ...UserFacts } }
      errors { code message path }
    }
  }
`);

export const SignInDocument = graphql(`
  mutation SignIn($handle: String!, $password: String!) {
    signIn(input: { handle: $handle, password: $password, credential: COOKIE }) {
      viewer { user { ...UserFacts } }
      errors { code message path }
    }
  }
`);

export const SignUpDocument = graphql(`
  mutation SignUp($handle: String!, $password: String!, $displayName: String) {
    signUp(input: { handle: $handle, password: $password, displayName: $displayName, credential: COOKIE }) {
      viewer { user { ...UserFacts } }
      errors { code message path }
    }
  }
`);

export const SignOutDocument = graphql(`
  mutation SignOut {
    signOut { signedOut errors { code message } }
  }
`);

export const ProfileFragment = graphql(`
  fragment ProfileFacts on User {
    ...UserFacts
    bio
    pronouns
    timeZone
    status { text emoji expiresAt }
  }
`);

export const ProfileDocument = graphql(`
  query Profile {
    viewer {
      user { ...ProfileFacts }
    }
  }
`);

export const UpdateProfileDocument = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      user { ...ProfileFacts }
      errors { code message path }
    }
  }
`);

export const ChangeHandleDocument = graphql(`
  mutation ChangeHandle($handle: String!, $clientKey: String!) {
    changeHandle(input: { handle: $handle, clientKey: $clientKey }) {
      user { ...UserFacts }
      errors { code message path }
    }
  }
`);

export const ChangePasswordDocument = graphql(`
  mutation ChangePassword($currentPassword: String, $newPassword: String!) {
    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {
      sessionIds
      errors { code message path }
    }
  }
`);

export const SessionsDocument = graphql(`
  query Sessions($after: String) {
    viewer {
      sessions(first: 50, after: $after) {
        nodes { id createdAt lastSeenAt isCurrent userAgent address }
        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      }
    }
  }
`);

export const RevokeSessionDocument = graphql(`
  mutation RevokeSession($sessionId: ID!) {
    revokeSession(input: { sessionId: $sessionId }) {
      sessionIds
      errors { code message }
    }
  }
`);

export const RevokeOtherSessionsDocument = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      sessionIds
      errors { code message }
    }
  }
`);

export const PictureDocument = graphql(`
  query Picture {
    viewer {
      user { id avatarUrl }
    }
  }
`);
