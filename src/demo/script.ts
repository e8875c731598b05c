import type { RoomId, UserId } from '../chat/model.ts';

/** Ids of the demo are fixed, so that examples and links work on every fresh installation. */
const id = (kind: string, number: number) => `00000000-0000-7000-8${kind}-${String(number).padStart(12, '0')}`;
const roomId = (number: number) => id('000', number) as RoomId;
const userId = (number: number) => id('001', number) as UserId;

export const demoRooms = [
  { id: roomId(1), slug: 'lobby', name: 'Lobby', topic: 'Say hello. The parrot answers.' },
  { id: roomId(2), slug: 'engineering', name: 'Engineering', topic: 'Logs, hubs and the price of a byte' },
  { id: roomId(3), slug: 'random', name: 'Random', topic: 'Everything else' },
] as const;

export const parrot = { id: userId(1), handle: 'parrot', displayName: 'Parrot', isBot: true } as const;

export const demoPeople = [
  parrot,
  { id: userId(2), handle: 'juniper', displayName: 'Juniper', isBot: false },
  { id: userId(3), handle: 'clover', displayName: 'Clover', isBot: false },
  { id: userId(4), handle: 'moss', displayName: 'Moss', isBot: false },
  { id: userId(5), handle: 'saffron', displayName: 'Saffron', isBot: false },
] as const;

/** Who (by handle) says what, per room; the histories repeat these with other people until they are long enough. */
export const demoLines: Readonly<Record<(typeof demoRooms)[number]['slug'], readonly string[]>> = {
  lobby: [
    'Good morning! Is anyone already up?',
    'Up, yes. Awake is another question.',
    'The coffee machine on the second floor works again.',
    'Then I know where to find everybody.',
    'Welcome to the new faces. Ask anything, this is the room for it.',
    'How do I see what I missed while my laptop slept?',
    'Subscribe with the last cursor you saw: you get each missed event once, in order, and then it goes on live.',
    'And when I have no cursor?',
    'Every answer carries asOf in its extensions. Start there.',
    'That was easier than I feared.',
    'Lunch at noon? The soup is lentils.',
    'Count me in.',
    'Same. I bring bread.',
    'Whoever left the window open: the plants say thank you, the papers do not.',
    'Sorry! They are back in order. Mostly.',
  ],
  engineering: [
    'The log has one order for everything. It took me a week to see how much that simplifies.',
    'What did it cost us?',
    'A lock per batch. With group commit the lock is not what one waits for.',
    'Refusals are decided before anything is written, so one bad command does not spoil the batch.',
    'I like that deleting leaves a tombstone. Positions stay as they are.',
    'Who wants to review the reader? It is a state machine with four states.',
    'Me. Which one is the interesting one?',
    'The turn in which it attaches to live: compare and attach, nothing in between.',
    'And if the socket is slow?',
    'It leaves live and reads on from the log at its own pace. Nothing is dropped, and memory stays where it is.',
    'Found a typo in the docs, fixed it. The graph goes up and to the right now.',
    'We measure beside the peers in one run, as ratios. This machine is noisy.',
  ],
  random: [
    'A snail won the garden race. There was one snail.',
    'Congratulations to the snail.',
    'Does anybody need tomatoes? I have about four hundred.',
    'I take forty. Do you deliver?',
    'Only by snail.',
    'My umbrella was last seen near the lift. Reward: one tomato.',
    'It is in the kitchen, holding up a shelf.',
    'Then it shall stay. The shelf needs it more than I do.',
  ],
};

/** What the parrot says by itself. */
export const parrotLines = [
  'Anyone here? I have seeds to share.',
  'I was told that nothing is missed here. So who has seen my keys?',
  'Try a subscription with last: 20, it shows something at once.',
  'If you cut your network now, I will still be here when you come back. So will this message.',
  'Type something. I repeat well.',
  'A cursor a day keeps the polling away.',
] as const;

export function parrotAnswer(text: string): string {
  const short = text.length > 120 ? `${[...text].slice(0, 120).join('')}…` : text;
  return text.trim().endsWith('?') ? `Good question. «${short}» — I would ask in #engineering.` : `«${short}» Squawk!`;
}
