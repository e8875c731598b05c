/** Who asks is found out for many requests at once: each must stay who they are. */
import { expect, test } from 'vitest';
import { enterGuest, post } from './support/person.ts';
import { startServer } from './support/server.ts';

test('of many who ask at the same time each is answered as themselves, and whose token is void as nobody', async () => {
  await using server = await startServer();
  const people = await Promise.all(Array.from({ length: 30 }, (_, n) => enterGuest(server, `Person ${n}`)));
  const [gone] = people;
  await gone?.ask('mutation { signOut { errors { code } } }');
  const asked = people.flatMap(({ token }) => [
    token,
    token,
    token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  ]);
  const seen = await Promise.all(
    asked.map(async (token) => {
      const { data, errors } = await post(
        server.url,
        '{ viewer { user { id } } }',
        {},
        { authorization: `Bearer ${token}` },
      );
      return data?.viewer?.user.id ?? errors?.[0]?.extensions.code;
    }),
  );
  const wanted = people.flatMap((person) => {
    const own = person === gone ? 'UNAUTHENTICATED' : person.id;
    return [own, own, 'UNAUTHENTICATED'];
  });
  expect(seen).toEqual(wanted);
});
