import { graphql } from '../../gql/index.ts';

export const MembersDocument = graphql(`
  query Members($roomId: ID!, $after: String) {
    room(by: { id: $roomId }) {
      id
      members(first: 50, after: $after) {
        nodes { id role user { ...UserFacts isBot status { text emoji expiresAt } } }
        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      }
    }
  }
`);

export const UserByHandleDocument = graphql(`
  query UserByHandle($handle: String!) {
    user(by: { handle: $handle }) { ...UserFacts }
  }
`);

export const AddMemberDocument = graphql(`
  mutation AddMember($roomId: ID!, $userId: ID!) {
    addMember(input: { roomId: $roomId, userId: $userId }) {
      member { id }
      errors { code message }
    }
  }
`);

export const RemoveMemberDocument = graphql(`
  mutation RemoveMember($roomId: ID!, $userId: ID!) {
    removeMember(input: { roomId: $roomId, userId: $userId }) {
      member { id }
      errors { code message }
    }
  }
`);

export const SetMemberRoleDocument = graphql(`
  mutation SetMemberRole($roomId: ID!, $userId: ID!, $role: MemberRole!) {
    setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) {
      member { id role }
      errors { code message }
    }
  }
`);
