/** Every kind of write that people of a run do, and the events that each is told by, in their order. */
export const verbs = {
  sendMessage: { subject: 'message', events: ['MESSAGE_SENT'] },
  editMessage: { subject: 'message', events: ['MESSAGE_EDITED'] },
  deleteMessage: { subject: 'message', events: ['MESSAGE_DELETED'] },
  createRoom: { subject: 'room', events: ['ROOM_CREATED', 'MEMBER_JOINED'] },
  updateRoom: { subject: 'room', events: ['ROOM_UPDATED'] },
  joinRoom: { subject: 'member', events: ['MEMBER_JOINED'] },
  leaveRoom: { subject: 'member', events: ['MEMBER_LEFT', 'MEMBERSHIP_ENDED'] },
  addMember: { subject: 'member', events: ['MEMBER_JOINED'] },
  removeMember: { subject: 'member', events: ['MEMBER_LEFT', 'MEMBERSHIP_ENDED'] },
  setMemberRole: { subject: 'member', events: ['MEMBER_UPDATED'] },
  updateProfile: { subject: 'user', events: ['USER_UPDATED'] },
} as const;

export type Verb = keyof typeof verbs;

/** Asks for it as `done`, whatever the verb. */
export function mutationOf(verb: Verb): string {
  const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
  return `mutation ($input: ${type}!) {
    done: ${verb}(input: $input) { cursor replayed errors { code } subject: ${verbs[verb].subject} { id } }
  }`;
}
