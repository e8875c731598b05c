import { describe, expect, test } from 'vitest';
import { ada, member, message, room } from '../../schema/test-context.ts';
import { byServer, commandOf } from './command.ts';
import { Facts } from './facts.ts';
import { FactsOfSends } from './facts-of-sends.ts';
import type { MessageId, UserId } from './model.ts';

const rows = { messages: [], keys: [], slugs: [], owners: [], counts: [] };
const read = () => new Facts({ ...rows, rooms: [room], members: [member], users: [ada] });

function sendBy(userId: UserId, clientKey: string | null = null) {
  const input = { roomId: room.id, messageId: 'a message' as MessageId, text: 'hello', clientKey };
  return commandOf('sendMessage', byServer(userId), input, input);
}

const editing = commandOf(
  'editMessage',
  byServer(ada.id),
  {},
  {
    roomId: room.id,
    messageId: message.id,
    text: 'hallo',
    expectedVersion: 1,
    clientKey: null,
  },
);

describe('what is kept for sends', () => {
  test('is what was read, for whoever is a member', () => {
    const kept = new FactsOfSends();
    expect(kept.recall([sendBy(ada.id)])).toBeNull();
    kept.keep([sendBy(ada.id), sendBy('nobody' as UserId)], read());
    const recalled = kept.recall([sendBy(ada.id), sendBy(ada.id)]);
    expect(recalled?.proofs).toEqual([]);
    expect(recalled?.facts.member(room.id, ada.id)).toEqual(member);
    expect(recalled?.facts.touchedRows()).toMatchObject({ users: [ada], rooms: [room], members: [], messages: [] });
    expect(kept.recall([sendBy(ada.id), sendBy('nobody' as UserId)])).toBeNull();
  });

  test('is right on the condition that no key was used', () => {
    const kept = new FactsOfSends();
    kept.keep([sendBy(ada.id)], read());
    const proofs = kept.recall([sendBy(ada.id, 'one'), sendBy(ada.id), sendBy(ada.id, 'two')])?.proofs;
    expect(proofs?.map(({ parameters }) => parameters)).toEqual([
      [
        [ada.id, ada.id],
        ['one', 'two'],
      ],
    ]);
  });

  test('is for sends alone, and forgotten behind anything else', () => {
    const kept = new FactsOfSends();
    kept.keep([sendBy(ada.id)], read());
    expect(kept.recall([sendBy(ada.id), editing])).toBeNull();
    expect(kept.recall([sendBy(ada.id)])).not.toBeNull();
    kept.keep([sendBy(ada.id), editing], read());
    expect(kept.recall([sendBy(ada.id)])).toBeNull();
    kept.keep([sendBy(ada.id)], read());
    kept.forget();
    expect(kept.recall([sendBy(ada.id)])).toBeNull();
  });
});
