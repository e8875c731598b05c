/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query SignInState {\n    viewer {\n      hasPassword\n      confirmedUntil\n      user { id handle }\n      passkeys { id }\n      identities { id }\n    }\n  }\n": typeof types.SignInStateDocument,
    "\n  mutation ConfirmWithPassword($password: String!) {\n    confirmWithPassword(input: { password: $password }) { confirmedUntil errors { code message path } }\n  }\n": typeof types.ConfirmWithPasswordDocument,
    "\n  mutation ConfirmWithPasskey($response: WebAuthnJSON!) {\n    confirmWithPasskey(input: { response: $response }) { confirmedUntil errors { code message } }\n  }\n": typeof types.ConfirmWithPasskeyDocument,
    "\n  mutation Enter($displayName: String!) {\n    enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": typeof types.EnterDocument,
    "\n  mutation SignIn($handle: String!, $password: String!) {\n    signIn(input: { handle: $handle, password: $password, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": typeof types.SignInDocument,
    "\n  mutation SignUp($handle: String!, $password: String!, $displayName: String) {\n    signUp(input: { handle: $handle, password: $password, displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": typeof types.SignUpDocument,
    "\n  mutation SignOut {\n    signOut { signedOut errors { code message } }\n  }\n": typeof types.SignOutDocument,
    "\n  fragment ProfileFacts on User {\n    ...UserFacts\n    bio\n    pronouns\n    timeZone\n    status { text emoji expiresAt }\n  }\n": typeof types.ProfileFactsFragmentDoc,
    "\n  query Profile {\n    viewer {\n      user { ...ProfileFacts }\n    }\n  }\n": typeof types.ProfileDocument,
    "\n  mutation UpdateProfile($input: UpdateProfileInput!) {\n    updateProfile(input: $input) {\n      user { ...ProfileFacts }\n      errors { code message path }\n    }\n  }\n": typeof types.UpdateProfileDocument,
    "\n  mutation ChangeHandle($handle: String!, $clientKey: String!) {\n    changeHandle(input: { handle: $handle, clientKey: $clientKey }) {\n      user { ...UserFacts }\n      errors { code message path }\n    }\n  }\n": typeof types.ChangeHandleDocument,
    "\n  mutation ChangePassword($currentPassword: String, $newPassword: String!) {\n    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {\n      sessionIds\n      errors { code message path }\n    }\n  }\n": typeof types.ChangePasswordDocument,
    "\n  query Sessions($after: String) {\n    viewer {\n      sessions(first: 50, after: $after) {\n        nodes { id createdAt lastSeenAt isCurrent userAgent address }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": typeof types.SessionsDocument,
    "\n  mutation RevokeSession($sessionId: ID!) {\n    revokeSession(input: { sessionId: $sessionId }) {\n      sessionIds\n      errors { code message }\n    }\n  }\n": typeof types.RevokeSessionDocument,
    "\n  mutation RevokeOtherSessions {\n    revokeOtherSessions {\n      sessionIds\n      errors { code message }\n    }\n  }\n": typeof types.RevokeOtherSessionsDocument,
    "\n  query Picture {\n    viewer {\n      user { id avatarUrl }\n    }\n  }\n": typeof types.PictureDocument,
    "\n  fragment UserFacts on User {\n    id\n    handle\n    displayName\n    isGuest\n    avatarUrl\n  }\n": typeof types.UserFactsFragmentDoc,
    "\n  query Viewer {\n    viewer {\n      user { ...UserFacts }\n    }\n    server {\n      limits { messageTextCodePoints displayNameCodePoints roomNameCodePoints roomTopicCodePoints avatarBytes }\n    }\n  }\n": typeof types.ViewerDocument,
    "\n  query Who {\n    viewer {\n      user { id }\n    }\n  }\n": typeof types.WhoDocument,
    "\n  fragment RoomFacts on Room {\n    id\n    kind\n    slug\n    name\n    topic\n    viewerMember { id role }\n  }\n": typeof types.RoomFactsFragmentDoc,
    "\n  query OwnRooms($after: String) {\n    viewer {\n      rooms(first: 50, after: $after) {\n        edges { cursor node { ...RoomFacts } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": typeof types.OwnRoomsDocument,
    "\n  query PublicRooms($after: String) {\n    rooms(first: 50, after: $after) {\n      edges { cursor node { ...RoomFacts } }\n      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n    }\n  }\n": typeof types.PublicRoomsDocument,
    "\n  query Room($slug: String!) {\n    room(by: { slug: $slug }) { ...RoomFacts }\n  }\n": typeof types.RoomDocument,
    "\n  query RoomNow($roomId: ID!) {\n    room(by: { id: $roomId }) { ...RoomFacts }\n  }\n": typeof types.RoomNowDocument,
    "\n  mutation CreateRoom($input: CreateRoomInput!) {\n    createRoom(input: $input) {\n      room { ...RoomFacts }\n      errors { code message }\n    }\n  }\n": typeof types.CreateRoomDocument,
    "\n  mutation JoinRoom($roomId: ID!) {\n    joinRoom(input: { roomId: $roomId }) {\n      member { id role room { ...RoomFacts } }\n      errors { code message }\n    }\n  }\n": typeof types.JoinRoomDocument,
    "\n  mutation LeaveRoom($roomId: ID!) {\n    leaveRoom(input: { roomId: $roomId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": typeof types.LeaveRoomDocument,
    "\n  fragment MessageFacts on Message {\n    id\n    author { id displayName isBot isDeleted avatarUrl }\n    text\n    clientKey\n    sentAt\n    editedAt\n    deletedAt\n    version\n  }\n": typeof types.MessageFactsFragmentDoc,
    "\n  query History($roomId: ID!, $last: Int!, $before: String) {\n    room(by: { id: $roomId }) {\n      id\n      messages(last: $last, before: $before) {\n        nodes { ...MessageFacts }\n        pageInfo { hasPreviousPage startCursor }\n      }\n    }\n  }\n": typeof types.HistoryDocument,
    "\n  subscription Messages($roomId: ID!, $after: Cursor!) {\n    messages(roomId: $roomId, after: $after) {\n      kind\n      cursor\n      message { ...MessageFacts }\n      isCaughtUp\n      end { code message }\n    }\n  }\n": typeof types.MessagesDocument,
    "\n  subscription Typing($roomId: ID!) {\n    typing(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n": typeof types.TypingDocument,
    "\n  subscription Presence($roomId: ID!) {\n    presence(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n": typeof types.PresenceDocument,
    "\n  mutation Send($input: SendMessageInput!) {\n    sendMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n": typeof types.SendDocument,
    "\n  mutation Edit($input: EditMessageInput!) {\n    editMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } ... on VersionConflict { currentVersion } }\n    }\n  }\n": typeof types.EditDocument,
    "\n  mutation Delete($input: DeleteMessageInput!) {\n    deleteMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n": typeof types.DeleteDocument,
    "\n  mutation SetTyping($roomId: ID!, $isTyping: Boolean!) {\n    setTyping(input: { roomId: $roomId, isTyping: $isTyping }) {\n      repeatAfterMs\n      errors { code }\n    }\n  }\n": typeof types.SetTypingDocument,
    "\n  subscription News($after: Cursor, $filter: EventFilter!) {\n    events(after: $after, filter: $filter) {\n      __typename\n      cursor\n      room {\n        ...RoomFacts\n      }\n      ... on MemberUpdated {\n        member { id role }\n      }\n      ... on MembershipEnded {\n        roomId\n      }\n      ... on CredentialsEnded {\n        endReason\n      }\n    }\n  }\n": typeof types.NewsDocument,
    "\n  subscription PeopleNews($after: Cursor) {\n    events(after: $after, filter: { kinds: [USER_UPDATED] }) {\n      __typename\n      cursor\n      ... on UserUpdated {\n        user { id handle displayName isGuest isBot isDeleted avatarUrl }\n      }\n    }\n  }\n": typeof types.PeopleNewsDocument,
    "\n  query DeletionOptions {\n    server { deletedContent }\n    viewer { hasPassword }\n  }\n": typeof types.DeletionOptionsDocument,
    "\n  mutation DeleteAccount($password: String, $content: DeletedContent!) {\n    deleteAccount(input: { password: $password, content: $content }) {\n      errors { code message path }\n    }\n  }\n": typeof types.DeleteAccountDocument,
    "\n  query Members($roomId: ID!, $after: String) {\n    room(by: { id: $roomId }) {\n      id\n      members(first: 50, after: $after) {\n        nodes { id role user { ...UserFacts isBot status { text emoji expiresAt } } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": typeof types.MembersDocument,
    "\n  query UserByHandle($handle: String!) {\n    user(by: { handle: $handle }) { ...UserFacts }\n  }\n": typeof types.UserByHandleDocument,
    "\n  mutation AddMember($roomId: ID!, $userId: ID!) {\n    addMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": typeof types.AddMemberDocument,
    "\n  mutation RemoveMember($roomId: ID!, $userId: ID!) {\n    removeMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": typeof types.RemoveMemberDocument,
    "\n  mutation SetMemberRole($roomId: ID!, $userId: ID!, $role: MemberRole!) {\n    setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) {\n      member { id role }\n      errors { code message }\n    }\n  }\n": typeof types.SetMemberRoleDocument,
    "\n  query SignInMethods {\n    server { signInMethods { kind label path } }\n  }\n": typeof types.SignInMethodsDocument,
    "\n  mutation PasskeySignInOptions {\n    passkeySignInOptions { options errors { code message } }\n  }\n": typeof types.PasskeySignInOptionsDocument,
    "\n  mutation SignInWithPasskey($response: WebAuthnJSON!) {\n    signInWithPasskey(input: { response: $response, credential: COOKIE }) {\n      viewer { user { id } }\n      errors { code message }\n    }\n  }\n": typeof types.SignInWithPasskeyDocument,
    "\n  query OwnSignInWays {\n    viewer {\n      passkeys { id name isBackedUp createdAt lastUsedAt }\n      identities { id issuer createdAt lastUsedAt }\n    }\n  }\n": typeof types.OwnSignInWaysDocument,
    "\n  mutation PasskeyRegistrationOptions {\n    passkeyRegistrationOptions { options errors { code message } }\n  }\n": typeof types.PasskeyRegistrationOptionsDocument,
    "\n  mutation RegisterPasskey($response: WebAuthnJSON!, $name: String) {\n    registerPasskey(input: { response: $response, name: $name }) {\n      passkey { id name }\n      errors { code message }\n    }\n  }\n": typeof types.RegisterPasskeyDocument,
    "\n  mutation RemovePasskey($passkeyId: ID!) {\n    removePasskey(input: { passkeyId: $passkeyId }) { removedId errors { code message } }\n  }\n": typeof types.RemovePasskeyDocument,
    "\n  mutation UnlinkIdentity($identityId: ID!) {\n    unlinkIdentity(input: { identityId: $identityId }) { removedId errors { code message } }\n  }\n": typeof types.UnlinkIdentityDocument,
    "\n  fragment BotFacts on Bot {\n    createdAt\n    user { ...UserFacts }\n  }\n": typeof types.BotFactsFragmentDoc,
    "\n  query Bots {\n    viewer {\n      bots(first: 100) {\n        edges { cursor node { ...BotFacts } }\n      }\n    }\n  }\n": typeof types.BotsDocument,
    "\n  mutation CreateBot($handle: String!, $displayName: String!, $clientKey: String!) {\n    createBot(input: { handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n": typeof types.CreateBotDocument,
    "\n  mutation UpdateBot($botId: ID!, $handle: String!, $displayName: String!, $clientKey: String!) {\n    updateBot(input: { botId: $botId, handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n": typeof types.UpdateBotDocument,
    "\n  mutation DeleteBot($botId: ID!, $clientKey: String!) {\n    deleteBot(input: { botId: $botId, clientKey: $clientKey }) {\n      user { id }\n      errors { code message }\n    }\n  }\n": typeof types.DeleteBotDocument,
    "\n  fragment ApiTokenFacts on ApiToken {\n    id\n    name\n    hint\n    scopes\n    createdAt\n    lastUsedAt\n    expiresAt\n  }\n": typeof types.ApiTokenFactsFragmentDoc,
    "\n  query ApiTokens {\n    viewer {\n      apiTokens(last: 50) {\n        nodes { ...ApiTokenFacts }\n      }\n    }\n  }\n": typeof types.ApiTokensDocument,
    "\n  query BotTokens($after: String) {\n    viewer {\n      bots(first: 1, after: $after) {\n        nodes {\n          user { id }\n          apiTokens(last: 50) {\n            nodes { ...ApiTokenFacts }\n          }\n        }\n      }\n    }\n  }\n": typeof types.BotTokensDocument,
    "\n  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int, $botId: ID) {\n    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays, botId: $botId }) {\n      token\n      apiToken { id name }\n      errors { code message path }\n    }\n  }\n": typeof types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($apiTokenId: ID!) {\n    revokeApiToken(input: { apiTokenId: $apiTokenId }) {\n      apiTokenId\n      errors { code message }\n    }\n  }\n": typeof types.RevokeApiTokenDocument,
};
const documents: Documents = {
    "\n  query SignInState {\n    viewer {\n      hasPassword\n      confirmedUntil\n      user { id handle }\n      passkeys { id }\n      identities { id }\n    }\n  }\n": types.SignInStateDocument,
    "\n  mutation ConfirmWithPassword($password: String!) {\n    confirmWithPassword(input: { password: $password }) { confirmedUntil errors { code message path } }\n  }\n": types.ConfirmWithPasswordDocument,
    "\n  mutation ConfirmWithPasskey($response: WebAuthnJSON!) {\n    confirmWithPasskey(input: { response: $response }) { confirmedUntil errors { code message } }\n  }\n": types.ConfirmWithPasskeyDocument,
    "\n  mutation Enter($displayName: String!) {\n    enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": types.EnterDocument,
    "\n  mutation SignIn($handle: String!, $password: String!) {\n    signIn(input: { handle: $handle, password: $password, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": types.SignInDocument,
    "\n  mutation SignUp($handle: String!, $password: String!, $displayName: String) {\n    signUp(input: { handle: $handle, password: $password, displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n": types.SignUpDocument,
    "\n  mutation SignOut {\n    signOut { signedOut errors { code message } }\n  }\n": types.SignOutDocument,
    "\n  fragment ProfileFacts on User {\n    ...UserFacts\n    bio\n    pronouns\n    timeZone\n    status { text emoji expiresAt }\n  }\n": types.ProfileFactsFragmentDoc,
    "\n  query Profile {\n    viewer {\n      user { ...ProfileFacts }\n    }\n  }\n": types.ProfileDocument,
    "\n  mutation UpdateProfile($input: UpdateProfileInput!) {\n    updateProfile(input: $input) {\n      user { ...ProfileFacts }\n      errors { code message path }\n    }\n  }\n": types.UpdateProfileDocument,
    "\n  mutation ChangeHandle($handle: String!, $clientKey: String!) {\n    changeHandle(input: { handle: $handle, clientKey: $clientKey }) {\n      user { ...UserFacts }\n      errors { code message path }\n    }\n  }\n": types.ChangeHandleDocument,
    "\n  mutation ChangePassword($currentPassword: String, $newPassword: String!) {\n    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {\n      sessionIds\n      errors { code message path }\n    }\n  }\n": types.ChangePasswordDocument,
    "\n  query Sessions($after: String) {\n    viewer {\n      sessions(first: 50, after: $after) {\n        nodes { id createdAt lastSeenAt isCurrent userAgent address }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": types.SessionsDocument,
    "\n  mutation RevokeSession($sessionId: ID!) {\n    revokeSession(input: { sessionId: $sessionId }) {\n      sessionIds\n      errors { code message }\n    }\n  }\n": types.RevokeSessionDocument,
    "\n  mutation RevokeOtherSessions {\n    revokeOtherSessions {\n      sessionIds\n      errors { code message }\n    }\n  }\n": types.RevokeOtherSessionsDocument,
    "\n  query Picture {\n    viewer {\n      user { id avatarUrl }\n    }\n  }\n": types.PictureDocument,
    "\n  fragment UserFacts on User {\n    id\n    handle\n    displayName\n    isGuest\n    avatarUrl\n  }\n": types.UserFactsFragmentDoc,
    "\n  query Viewer {\n    viewer {\n      user { ...UserFacts }\n    }\n    server {\n      limits { messageTextCodePoints displayNameCodePoints roomNameCodePoints roomTopicCodePoints avatarBytes }\n    }\n  }\n": types.ViewerDocument,
    "\n  query Who {\n    viewer {\n      user { id }\n    }\n  }\n": types.WhoDocument,
    "\n  fragment RoomFacts on Room {\n    id\n    kind\n    slug\n    name\n    topic\n    viewerMember { id role }\n  }\n": types.RoomFactsFragmentDoc,
    "\n  query OwnRooms($after: String) {\n    viewer {\n      rooms(first: 50, after: $after) {\n        edges { cursor node { ...RoomFacts } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": types.OwnRoomsDocument,
    "\n  query PublicRooms($after: String) {\n    rooms(first: 50, after: $after) {\n      edges { cursor node { ...RoomFacts } }\n      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n    }\n  }\n": types.PublicRoomsDocument,
    "\n  query Room($slug: String!) {\n    room(by: { slug: $slug }) { ...RoomFacts }\n  }\n": types.RoomDocument,
    "\n  query RoomNow($roomId: ID!) {\n    room(by: { id: $roomId }) { ...RoomFacts }\n  }\n": types.RoomNowDocument,
    "\n  mutation CreateRoom($input: CreateRoomInput!) {\n    createRoom(input: $input) {\n      room { ...RoomFacts }\n      errors { code message }\n    }\n  }\n": types.CreateRoomDocument,
    "\n  mutation JoinRoom($roomId: ID!) {\n    joinRoom(input: { roomId: $roomId }) {\n      member { id role room { ...RoomFacts } }\n      errors { code message }\n    }\n  }\n": types.JoinRoomDocument,
    "\n  mutation LeaveRoom($roomId: ID!) {\n    leaveRoom(input: { roomId: $roomId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": types.LeaveRoomDocument,
    "\n  fragment MessageFacts on Message {\n    id\n    author { id displayName isBot isDeleted avatarUrl }\n    text\n    clientKey\n    sentAt\n    editedAt\n    deletedAt\n    version\n  }\n": types.MessageFactsFragmentDoc,
    "\n  query History($roomId: ID!, $last: Int!, $before: String) {\n    room(by: { id: $roomId }) {\n      id\n      messages(last: $last, before: $before) {\n        nodes { ...MessageFacts }\n        pageInfo { hasPreviousPage startCursor }\n      }\n    }\n  }\n": types.HistoryDocument,
    "\n  subscription Messages($roomId: ID!, $after: Cursor!) {\n    messages(roomId: $roomId, after: $after) {\n      kind\n      cursor\n      message { ...MessageFacts }\n      isCaughtUp\n      end { code message }\n    }\n  }\n": types.MessagesDocument,
    "\n  subscription Typing($roomId: ID!) {\n    typing(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n": types.TypingDocument,
    "\n  subscription Presence($roomId: ID!) {\n    presence(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n": types.PresenceDocument,
    "\n  mutation Send($input: SendMessageInput!) {\n    sendMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n": types.SendDocument,
    "\n  mutation Edit($input: EditMessageInput!) {\n    editMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } ... on VersionConflict { currentVersion } }\n    }\n  }\n": types.EditDocument,
    "\n  mutation Delete($input: DeleteMessageInput!) {\n    deleteMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n": types.DeleteDocument,
    "\n  mutation SetTyping($roomId: ID!, $isTyping: Boolean!) {\n    setTyping(input: { roomId: $roomId, isTyping: $isTyping }) {\n      repeatAfterMs\n      errors { code }\n    }\n  }\n": types.SetTypingDocument,
    "\n  subscription News($after: Cursor, $filter: EventFilter!) {\n    events(after: $after, filter: $filter) {\n      __typename\n      cursor\n      room {\n        ...RoomFacts\n      }\n      ... on MemberUpdated {\n        member { id role }\n      }\n      ... on MembershipEnded {\n        roomId\n      }\n      ... on CredentialsEnded {\n        endReason\n      }\n    }\n  }\n": types.NewsDocument,
    "\n  subscription PeopleNews($after: Cursor) {\n    events(after: $after, filter: { kinds: [USER_UPDATED] }) {\n      __typename\n      cursor\n      ... on UserUpdated {\n        user { id handle displayName isGuest isBot isDeleted avatarUrl }\n      }\n    }\n  }\n": types.PeopleNewsDocument,
    "\n  query DeletionOptions {\n    server { deletedContent }\n    viewer { hasPassword }\n  }\n": types.DeletionOptionsDocument,
    "\n  mutation DeleteAccount($password: String, $content: DeletedContent!) {\n    deleteAccount(input: { password: $password, content: $content }) {\n      errors { code message path }\n    }\n  }\n": types.DeleteAccountDocument,
    "\n  query Members($roomId: ID!, $after: String) {\n    room(by: { id: $roomId }) {\n      id\n      members(first: 50, after: $after) {\n        nodes { id role user { ...UserFacts isBot status { text emoji expiresAt } } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n": types.MembersDocument,
    "\n  query UserByHandle($handle: String!) {\n    user(by: { handle: $handle }) { ...UserFacts }\n  }\n": types.UserByHandleDocument,
    "\n  mutation AddMember($roomId: ID!, $userId: ID!) {\n    addMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": types.AddMemberDocument,
    "\n  mutation RemoveMember($roomId: ID!, $userId: ID!) {\n    removeMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n": types.RemoveMemberDocument,
    "\n  mutation SetMemberRole($roomId: ID!, $userId: ID!, $role: MemberRole!) {\n    setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) {\n      member { id role }\n      errors { code message }\n    }\n  }\n": types.SetMemberRoleDocument,
    "\n  query SignInMethods {\n    server { signInMethods { kind label path } }\n  }\n": types.SignInMethodsDocument,
    "\n  mutation PasskeySignInOptions {\n    passkeySignInOptions { options errors { code message } }\n  }\n": types.PasskeySignInOptionsDocument,
    "\n  mutation SignInWithPasskey($response: WebAuthnJSON!) {\n    signInWithPasskey(input: { response: $response, credential: COOKIE }) {\n      viewer { user { id } }\n      errors { code message }\n    }\n  }\n": types.SignInWithPasskeyDocument,
    "\n  query OwnSignInWays {\n    viewer {\n      passkeys { id name isBackedUp createdAt lastUsedAt }\n      identities { id issuer createdAt lastUsedAt }\n    }\n  }\n": types.OwnSignInWaysDocument,
    "\n  mutation PasskeyRegistrationOptions {\n    passkeyRegistrationOptions { options errors { code message } }\n  }\n": types.PasskeyRegistrationOptionsDocument,
    "\n  mutation RegisterPasskey($response: WebAuthnJSON!, $name: String) {\n    registerPasskey(input: { response: $response, name: $name }) {\n      passkey { id name }\n      errors { code message }\n    }\n  }\n": types.RegisterPasskeyDocument,
    "\n  mutation RemovePasskey($passkeyId: ID!) {\n    removePasskey(input: { passkeyId: $passkeyId }) { removedId errors { code message } }\n  }\n": types.RemovePasskeyDocument,
    "\n  mutation UnlinkIdentity($identityId: ID!) {\n    unlinkIdentity(input: { identityId: $identityId }) { removedId errors { code message } }\n  }\n": types.UnlinkIdentityDocument,
    "\n  fragment BotFacts on Bot {\n    createdAt\n    user { ...UserFacts }\n  }\n": types.BotFactsFragmentDoc,
    "\n  query Bots {\n    viewer {\n      bots(first: 100) {\n        edges { cursor node { ...BotFacts } }\n      }\n    }\n  }\n": types.BotsDocument,
    "\n  mutation CreateBot($handle: String!, $displayName: String!, $clientKey: String!) {\n    createBot(input: { handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n": types.CreateBotDocument,
    "\n  mutation UpdateBot($botId: ID!, $handle: String!, $displayName: String!, $clientKey: String!) {\n    updateBot(input: { botId: $botId, handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n": types.UpdateBotDocument,
    "\n  mutation DeleteBot($botId: ID!, $clientKey: String!) {\n    deleteBot(input: { botId: $botId, clientKey: $clientKey }) {\n      user { id }\n      errors { code message }\n    }\n  }\n": types.DeleteBotDocument,
    "\n  fragment ApiTokenFacts on ApiToken {\n    id\n    name\n    hint\n    scopes\n    createdAt\n    lastUsedAt\n    expiresAt\n  }\n": types.ApiTokenFactsFragmentDoc,
    "\n  query ApiTokens {\n    viewer {\n      apiTokens(last: 50) {\n        nodes { ...ApiTokenFacts }\n      }\n    }\n  }\n": types.ApiTokensDocument,
    "\n  query BotTokens($after: String) {\n    viewer {\n      bots(first: 1, after: $after) {\n        nodes {\n          user { id }\n          apiTokens(last: 50) {\n            nodes { ...ApiTokenFacts }\n          }\n        }\n      }\n    }\n  }\n": types.BotTokensDocument,
    "\n  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int, $botId: ID) {\n    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays, botId: $botId }) {\n      token\n      apiToken { id name }\n      errors { code message path }\n    }\n  }\n": types.CreateApiTokenDocument,
    "\n  mutation RevokeApiToken($apiTokenId: ID!) {\n    revokeApiToken(input: { apiTokenId: $apiTokenId }) {\n      apiTokenId\n      errors { code message }\n    }\n  }\n": types.RevokeApiTokenDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SignInState {\n    viewer {\n      hasPassword\n      confirmedUntil\n      user { id handle }\n      passkeys { id }\n      identities { id }\n    }\n  }\n"): (typeof documents)["\n  query SignInState {\n    viewer {\n      hasPassword\n      confirmedUntil\n      user { id handle }\n      passkeys { id }\n      identities { id }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ConfirmWithPassword($password: String!) {\n    confirmWithPassword(input: { password: $password }) { confirmedUntil errors { code message path } }\n  }\n"): (typeof documents)["\n  mutation ConfirmWithPassword($password: String!) {\n    confirmWithPassword(input: { password: $password }) { confirmedUntil errors { code message path } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ConfirmWithPasskey($response: WebAuthnJSON!) {\n    confirmWithPasskey(input: { response: $response }) { confirmedUntil errors { code message } }\n  }\n"): (typeof documents)["\n  mutation ConfirmWithPasskey($response: WebAuthnJSON!) {\n    confirmWithPasskey(input: { response: $response }) { confirmedUntil errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Enter($displayName: String!) {\n    enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation Enter($displayName: String!) {\n    enterAsGuest(input: { displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignIn($handle: String!, $password: String!) {\n    signIn(input: { handle: $handle, password: $password, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation SignIn($handle: String!, $password: String!) {\n    signIn(input: { handle: $handle, password: $password, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignUp($handle: String!, $password: String!, $displayName: String) {\n    signUp(input: { handle: $handle, password: $password, displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation SignUp($handle: String!, $password: String!, $displayName: String) {\n    signUp(input: { handle: $handle, password: $password, displayName: $displayName, credential: COOKIE }) {\n      viewer { user { ...UserFacts } }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignOut {\n    signOut { signedOut errors { code message } }\n  }\n"): (typeof documents)["\n  mutation SignOut {\n    signOut { signedOut errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ProfileFacts on User {\n    ...UserFacts\n    bio\n    pronouns\n    timeZone\n    status { text emoji expiresAt }\n  }\n"): (typeof documents)["\n  fragment ProfileFacts on User {\n    ...UserFacts\n    bio\n    pronouns\n    timeZone\n    status { text emoji expiresAt }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Profile {\n    viewer {\n      user { ...ProfileFacts }\n    }\n  }\n"): (typeof documents)["\n  query Profile {\n    viewer {\n      user { ...ProfileFacts }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateProfile($input: UpdateProfileInput!) {\n    updateProfile(input: $input) {\n      user { ...ProfileFacts }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateProfile($input: UpdateProfileInput!) {\n    updateProfile(input: $input) {\n      user { ...ProfileFacts }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ChangeHandle($handle: String!, $clientKey: String!) {\n    changeHandle(input: { handle: $handle, clientKey: $clientKey }) {\n      user { ...UserFacts }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation ChangeHandle($handle: String!, $clientKey: String!) {\n    changeHandle(input: { handle: $handle, clientKey: $clientKey }) {\n      user { ...UserFacts }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ChangePassword($currentPassword: String, $newPassword: String!) {\n    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {\n      sessionIds\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation ChangePassword($currentPassword: String, $newPassword: String!) {\n    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {\n      sessionIds\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Sessions($after: String) {\n    viewer {\n      sessions(first: 50, after: $after) {\n        nodes { id createdAt lastSeenAt isCurrent userAgent address }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Sessions($after: String) {\n    viewer {\n      sessions(first: 50, after: $after) {\n        nodes { id createdAt lastSeenAt isCurrent userAgent address }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeSession($sessionId: ID!) {\n    revokeSession(input: { sessionId: $sessionId }) {\n      sessionIds\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation RevokeSession($sessionId: ID!) {\n    revokeSession(input: { sessionId: $sessionId }) {\n      sessionIds\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeOtherSessions {\n    revokeOtherSessions {\n      sessionIds\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation RevokeOtherSessions {\n    revokeOtherSessions {\n      sessionIds\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Picture {\n    viewer {\n      user { id avatarUrl }\n    }\n  }\n"): (typeof documents)["\n  query Picture {\n    viewer {\n      user { id avatarUrl }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment UserFacts on User {\n    id\n    handle\n    displayName\n    isGuest\n    avatarUrl\n  }\n"): (typeof documents)["\n  fragment UserFacts on User {\n    id\n    handle\n    displayName\n    isGuest\n    avatarUrl\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Viewer {\n    viewer {\n      user { ...UserFacts }\n    }\n    server {\n      limits { messageTextCodePoints displayNameCodePoints roomNameCodePoints roomTopicCodePoints avatarBytes }\n    }\n  }\n"): (typeof documents)["\n  query Viewer {\n    viewer {\n      user { ...UserFacts }\n    }\n    server {\n      limits { messageTextCodePoints displayNameCodePoints roomNameCodePoints roomTopicCodePoints avatarBytes }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Who {\n    viewer {\n      user { id }\n    }\n  }\n"): (typeof documents)["\n  query Who {\n    viewer {\n      user { id }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RoomFacts on Room {\n    id\n    kind\n    slug\n    name\n    topic\n    viewerMember { id role }\n  }\n"): (typeof documents)["\n  fragment RoomFacts on Room {\n    id\n    kind\n    slug\n    name\n    topic\n    viewerMember { id role }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OwnRooms($after: String) {\n    viewer {\n      rooms(first: 50, after: $after) {\n        edges { cursor node { ...RoomFacts } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"): (typeof documents)["\n  query OwnRooms($after: String) {\n    viewer {\n      rooms(first: 50, after: $after) {\n        edges { cursor node { ...RoomFacts } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PublicRooms($after: String) {\n    rooms(first: 50, after: $after) {\n      edges { cursor node { ...RoomFacts } }\n      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n    }\n  }\n"): (typeof documents)["\n  query PublicRooms($after: String) {\n    rooms(first: 50, after: $after) {\n      edges { cursor node { ...RoomFacts } }\n      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Room($slug: String!) {\n    room(by: { slug: $slug }) { ...RoomFacts }\n  }\n"): (typeof documents)["\n  query Room($slug: String!) {\n    room(by: { slug: $slug }) { ...RoomFacts }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RoomNow($roomId: ID!) {\n    room(by: { id: $roomId }) { ...RoomFacts }\n  }\n"): (typeof documents)["\n  query RoomNow($roomId: ID!) {\n    room(by: { id: $roomId }) { ...RoomFacts }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateRoom($input: CreateRoomInput!) {\n    createRoom(input: $input) {\n      room { ...RoomFacts }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateRoom($input: CreateRoomInput!) {\n    createRoom(input: $input) {\n      room { ...RoomFacts }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation JoinRoom($roomId: ID!) {\n    joinRoom(input: { roomId: $roomId }) {\n      member { id role room { ...RoomFacts } }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation JoinRoom($roomId: ID!) {\n    joinRoom(input: { roomId: $roomId }) {\n      member { id role room { ...RoomFacts } }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LeaveRoom($roomId: ID!) {\n    leaveRoom(input: { roomId: $roomId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation LeaveRoom($roomId: ID!) {\n    leaveRoom(input: { roomId: $roomId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment MessageFacts on Message {\n    id\n    author { id displayName isBot isDeleted avatarUrl }\n    text\n    clientKey\n    sentAt\n    editedAt\n    deletedAt\n    version\n  }\n"): (typeof documents)["\n  fragment MessageFacts on Message {\n    id\n    author { id displayName isBot isDeleted avatarUrl }\n    text\n    clientKey\n    sentAt\n    editedAt\n    deletedAt\n    version\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query History($roomId: ID!, $last: Int!, $before: String) {\n    room(by: { id: $roomId }) {\n      id\n      messages(last: $last, before: $before) {\n        nodes { ...MessageFacts }\n        pageInfo { hasPreviousPage startCursor }\n      }\n    }\n  }\n"): (typeof documents)["\n  query History($roomId: ID!, $last: Int!, $before: String) {\n    room(by: { id: $roomId }) {\n      id\n      messages(last: $last, before: $before) {\n        nodes { ...MessageFacts }\n        pageInfo { hasPreviousPage startCursor }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Messages($roomId: ID!, $after: Cursor!) {\n    messages(roomId: $roomId, after: $after) {\n      kind\n      cursor\n      message { ...MessageFacts }\n      isCaughtUp\n      end { code message }\n    }\n  }\n"): (typeof documents)["\n  subscription Messages($roomId: ID!, $after: Cursor!) {\n    messages(roomId: $roomId, after: $after) {\n      kind\n      cursor\n      message { ...MessageFacts }\n      isCaughtUp\n      end { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Typing($roomId: ID!) {\n    typing(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n"): (typeof documents)["\n  subscription Typing($roomId: ID!) {\n    typing(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Presence($roomId: ID!) {\n    presence(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n"): (typeof documents)["\n  subscription Presence($roomId: ID!) {\n    presence(roomId: $roomId) {\n      users { id displayName avatarUrl }\n      count\n      end { code }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Send($input: SendMessageInput!) {\n    sendMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n"): (typeof documents)["\n  mutation Send($input: SendMessageInput!) {\n    sendMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Edit($input: EditMessageInput!) {\n    editMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } ... on VersionConflict { currentVersion } }\n    }\n  }\n"): (typeof documents)["\n  mutation Edit($input: EditMessageInput!) {\n    editMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } ... on VersionConflict { currentVersion } }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Delete($input: DeleteMessageInput!) {\n    deleteMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n"): (typeof documents)["\n  mutation Delete($input: DeleteMessageInput!) {\n    deleteMessage(input: $input) {\n      message { id version }\n      errors { code message ... on RateLimited { retryAfterMs } }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetTyping($roomId: ID!, $isTyping: Boolean!) {\n    setTyping(input: { roomId: $roomId, isTyping: $isTyping }) {\n      repeatAfterMs\n      errors { code }\n    }\n  }\n"): (typeof documents)["\n  mutation SetTyping($roomId: ID!, $isTyping: Boolean!) {\n    setTyping(input: { roomId: $roomId, isTyping: $isTyping }) {\n      repeatAfterMs\n      errors { code }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription News($after: Cursor, $filter: EventFilter!) {\n    events(after: $after, filter: $filter) {\n      __typename\n      cursor\n      room {\n        ...RoomFacts\n      }\n      ... on MemberUpdated {\n        member { id role }\n      }\n      ... on MembershipEnded {\n        roomId\n      }\n      ... on CredentialsEnded {\n        endReason\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription News($after: Cursor, $filter: EventFilter!) {\n    events(after: $after, filter: $filter) {\n      __typename\n      cursor\n      room {\n        ...RoomFacts\n      }\n      ... on MemberUpdated {\n        member { id role }\n      }\n      ... on MembershipEnded {\n        roomId\n      }\n      ... on CredentialsEnded {\n        endReason\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription PeopleNews($after: Cursor) {\n    events(after: $after, filter: { kinds: [USER_UPDATED] }) {\n      __typename\n      cursor\n      ... on UserUpdated {\n        user { id handle displayName isGuest isBot isDeleted avatarUrl }\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription PeopleNews($after: Cursor) {\n    events(after: $after, filter: { kinds: [USER_UPDATED] }) {\n      __typename\n      cursor\n      ... on UserUpdated {\n        user { id handle displayName isGuest isBot isDeleted avatarUrl }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DeletionOptions {\n    server { deletedContent }\n    viewer { hasPassword }\n  }\n"): (typeof documents)["\n  query DeletionOptions {\n    server { deletedContent }\n    viewer { hasPassword }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteAccount($password: String, $content: DeletedContent!) {\n    deleteAccount(input: { password: $password, content: $content }) {\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteAccount($password: String, $content: DeletedContent!) {\n    deleteAccount(input: { password: $password, content: $content }) {\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Members($roomId: ID!, $after: String) {\n    room(by: { id: $roomId }) {\n      id\n      members(first: 50, after: $after) {\n        nodes { id role user { ...UserFacts isBot status { text emoji expiresAt } } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Members($roomId: ID!, $after: String) {\n    room(by: { id: $roomId }) {\n      id\n      members(first: 50, after: $after) {\n        nodes { id role user { ...UserFacts isBot status { text emoji expiresAt } } }\n        pageInfo { hasNextPage endCursor hasPreviousPage startCursor }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query UserByHandle($handle: String!) {\n    user(by: { handle: $handle }) { ...UserFacts }\n  }\n"): (typeof documents)["\n  query UserByHandle($handle: String!) {\n    user(by: { handle: $handle }) { ...UserFacts }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation AddMember($roomId: ID!, $userId: ID!) {\n    addMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation AddMember($roomId: ID!, $userId: ID!) {\n    addMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RemoveMember($roomId: ID!, $userId: ID!) {\n    removeMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation RemoveMember($roomId: ID!, $userId: ID!) {\n    removeMember(input: { roomId: $roomId, userId: $userId }) {\n      member { id }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetMemberRole($roomId: ID!, $userId: ID!, $role: MemberRole!) {\n    setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) {\n      member { id role }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation SetMemberRole($roomId: ID!, $userId: ID!, $role: MemberRole!) {\n    setMemberRole(input: { roomId: $roomId, userId: $userId, role: $role }) {\n      member { id role }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SignInMethods {\n    server { signInMethods { kind label path } }\n  }\n"): (typeof documents)["\n  query SignInMethods {\n    server { signInMethods { kind label path } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PasskeySignInOptions {\n    passkeySignInOptions { options errors { code message } }\n  }\n"): (typeof documents)["\n  mutation PasskeySignInOptions {\n    passkeySignInOptions { options errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SignInWithPasskey($response: WebAuthnJSON!) {\n    signInWithPasskey(input: { response: $response, credential: COOKIE }) {\n      viewer { user { id } }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation SignInWithPasskey($response: WebAuthnJSON!) {\n    signInWithPasskey(input: { response: $response, credential: COOKIE }) {\n      viewer { user { id } }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OwnSignInWays {\n    viewer {\n      passkeys { id name isBackedUp createdAt lastUsedAt }\n      identities { id issuer createdAt lastUsedAt }\n    }\n  }\n"): (typeof documents)["\n  query OwnSignInWays {\n    viewer {\n      passkeys { id name isBackedUp createdAt lastUsedAt }\n      identities { id issuer createdAt lastUsedAt }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PasskeyRegistrationOptions {\n    passkeyRegistrationOptions { options errors { code message } }\n  }\n"): (typeof documents)["\n  mutation PasskeyRegistrationOptions {\n    passkeyRegistrationOptions { options errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RegisterPasskey($response: WebAuthnJSON!, $name: String) {\n    registerPasskey(input: { response: $response, name: $name }) {\n      passkey { id name }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation RegisterPasskey($response: WebAuthnJSON!, $name: String) {\n    registerPasskey(input: { response: $response, name: $name }) {\n      passkey { id name }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RemovePasskey($passkeyId: ID!) {\n    removePasskey(input: { passkeyId: $passkeyId }) { removedId errors { code message } }\n  }\n"): (typeof documents)["\n  mutation RemovePasskey($passkeyId: ID!) {\n    removePasskey(input: { passkeyId: $passkeyId }) { removedId errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UnlinkIdentity($identityId: ID!) {\n    unlinkIdentity(input: { identityId: $identityId }) { removedId errors { code message } }\n  }\n"): (typeof documents)["\n  mutation UnlinkIdentity($identityId: ID!) {\n    unlinkIdentity(input: { identityId: $identityId }) { removedId errors { code message } }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment BotFacts on Bot {\n    createdAt\n    user { ...UserFacts }\n  }\n"): (typeof documents)["\n  fragment BotFacts on Bot {\n    createdAt\n    user { ...UserFacts }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Bots {\n    viewer {\n      bots(first: 100) {\n        edges { cursor node { ...BotFacts } }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Bots {\n    viewer {\n      bots(first: 100) {\n        edges { cursor node { ...BotFacts } }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateBot($handle: String!, $displayName: String!, $clientKey: String!) {\n    createBot(input: { handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateBot($handle: String!, $displayName: String!, $clientKey: String!) {\n    createBot(input: { handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateBot($botId: ID!, $handle: String!, $displayName: String!, $clientKey: String!) {\n    updateBot(input: { botId: $botId, handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateBot($botId: ID!, $handle: String!, $displayName: String!, $clientKey: String!) {\n    updateBot(input: { botId: $botId, handle: $handle, displayName: $displayName, clientKey: $clientKey }) {\n      bot { ...BotFacts }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteBot($botId: ID!, $clientKey: String!) {\n    deleteBot(input: { botId: $botId, clientKey: $clientKey }) {\n      user { id }\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteBot($botId: ID!, $clientKey: String!) {\n    deleteBot(input: { botId: $botId, clientKey: $clientKey }) {\n      user { id }\n      errors { code message }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ApiTokenFacts on ApiToken {\n    id\n    name\n    hint\n    scopes\n    createdAt\n    lastUsedAt\n    expiresAt\n  }\n"): (typeof documents)["\n  fragment ApiTokenFacts on ApiToken {\n    id\n    name\n    hint\n    scopes\n    createdAt\n    lastUsedAt\n    expiresAt\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ApiTokens {\n    viewer {\n      apiTokens(last: 50) {\n        nodes { ...ApiTokenFacts }\n      }\n    }\n  }\n"): (typeof documents)["\n  query ApiTokens {\n    viewer {\n      apiTokens(last: 50) {\n        nodes { ...ApiTokenFacts }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BotTokens($after: String) {\n    viewer {\n      bots(first: 1, after: $after) {\n        nodes {\n          user { id }\n          apiTokens(last: 50) {\n            nodes { ...ApiTokenFacts }\n          }\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query BotTokens($after: String) {\n    viewer {\n      bots(first: 1, after: $after) {\n        nodes {\n          user { id }\n          apiTokens(last: 50) {\n            nodes { ...ApiTokenFacts }\n          }\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int, $botId: ID) {\n    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays, botId: $botId }) {\n      token\n      apiToken { id name }\n      errors { code message path }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateApiToken($name: String!, $scopes: [ApiScope!]!, $expiresInDays: Int, $botId: ID) {\n    createApiToken(input: { name: $name, scopes: $scopes, expiresInDays: $expiresInDays, botId: $botId }) {\n      token\n      apiToken { id name }\n      errors { code message path }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RevokeApiToken($apiTokenId: ID!) {\n    revokeApiToken(input: { apiTokenId: $apiTokenId }) {\n      apiTokenId\n      errors { code message }\n    }\n  }\n"): (typeof documents)["\n  mutation RevokeApiToken($apiTokenId: ID!) {\n    revokeApiToken(input: { apiTokenId: $apiTokenId }) {\n      apiTokenId\n      errors { code message }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;