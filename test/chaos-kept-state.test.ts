import { expect, test } from 'vitest';
import { StateKeeper } from './chaos/kept-state.ts';

const ann = { id: 'user_a', displayName: 'Ann' };
const room = { id: 'room_r', name: 'Den', topic: null, members: { nodes: [{ role: 'OWNER', user: ann }] } };
const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };

/** Found by `npm run chaos -- 60 --seed 4242`: a fault of this client, not of Parley. */
test('a state kept by events has the name that came while a room was loaded, not the one that an event of the room showed before', async () => {
  const viewer = { user: { id: 'user_v', displayName: 'Vic' }, rooms: nothing, sessions: nothing, apiTokens: nothing };
  const renamed = { ...ann, displayName: 'Anna' };
  const fresh = { ...room, members: { nodes: [{ role: 'OWNER', user: renamed }] } };
  let hasCome = false;
  const keeper = new StateKeeper('user_v', async (query) => {
    if (query.includes('messages(')) return { data: { room: { messages: nothing } } };
    if (query.includes('viewer {')) {
      return { data: { asOf: '', viewer: { ...viewer, rooms: { ...nothing, nodes: hasCome ? [fresh] : [] } } } };
    }
    return { data: { room } };
  });
  await keeper.load();
  hasCome = true;
  const member = { id: 'member_a', role: 'OWNER', leftAt: null, user: ann };
  keeper.apply({ type: 'MemberJoined', room, member: { ...member, user: { id: 'user_v', displayName: 'Vic' } } });
  keeper.apply({ type: 'MemberUpdated', room, member });
  keeper.apply({ type: 'UserUpdated', room: null, user: renamed });
  const { kept, fresh: anew } = await keeper.finish('a reader');
  expect(kept).toEqual(anew);
});
