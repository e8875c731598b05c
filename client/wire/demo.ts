/** Global ids of the demo's rooms. They are the same in every fresh installation. */
export const demoRooms = {
  lobby: { id: 'room_00000000000070008000000000000001', slug: 'lobby' },
  engineering: { id: 'room_00000000000070008000000000000002', slug: 'engineering' },
  random: { id: 'room_00000000000070008000000000000003', slug: 'random' },
} as const;
