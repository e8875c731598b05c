/** Subscriptions that come and go on a quiet room: what is left of them. */
import { createRoom, enterGuest } from '../test/support/person.ts';
import { ServerHome } from '../test/support/process.ts';
import type { WsClient } from '../test/support/ws-client.ts';
import { InspectedServer } from './inspected-server.ts';
import { atMost, type Finding, quietRates } from './resume-part.ts';

const query = `subscription ($roomId: ID!) { messages(roomId: $roomId) { kind cursor isCaughtUp } }`;
/** What a stream has in the server, by class. */
const classes = ['LogReader', 'Group', 'Stream', 'Entitlement', 'Timeout', 'Connection'];
const sockets = 10;

export async function churn(cycles: number): Promise<Finding[]> {
  await using home = new ServerHome();
  using inspected = await InspectedServer.start(home, quietRates);
  const person = await enterGuest(home, 'Owner');
  const roomId = await createRoom(person, 'Quiet');
  const clients = await Promise.all(Array.from({ length: sockets }, () => person.connect()));
  const turn = (count: number) => Promise.all(clients.map((client) => comeAndGo(client, roomId, count / sockets)));
  await turn(1_000);
  const before = await look(inspected);
  await turn(cycles);
  const after = await look(inspected);
  for (const client of clients) await client.close();
  const counts = classes.map((name) =>
    atMost(
      `${name} objects more than before`,
      (after.objects.get(name) ?? 0) - (before.objects.get(name) ?? 0),
      0,
      '',
      0,
    ),
  );
  return [
    ...counts,
    atMost('listeners of the process more than before', after.listeners - before.listeners, 0, '', 0),
    atMost('heap more than before', after.heapMiB - before.heapMiB, 5, 'MiB'),
  ];
}

async function look(inspected: InspectedServer) {
  const { heapMiB } = await inspected.memoryAtRest();
  const objects = await inspected.countObjects(classes);
  const listeners = await inspected.evaluate<number>(
    'process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)',
  );
  return { heapMiB, objects, listeners };
}

/** By turns: subscribe, the first item, complete; and complete with the next subscribe of the same id in one write. */
async function comeAndGo(client: WsClient, roomId: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += 2) {
    const id = `again-${done}`;
    const first = client.subscribe(query, { roomId }, { id });
    await first.next();
    client.tcp.cork();
    first.complete();
    const second = client.subscribe(query, { roomId }, { id });
    client.tcp.uncork();
    await second.next();
    second.complete();
  }
  // Answered behind all that was completed.
  await client.request('{ asOf }');
}
