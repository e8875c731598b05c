import { setTimeout as delay } from 'node:timers/promises';
import type { WireProxy } from '../../support/wire-proxy.ts';
import type { NodeLines } from '../big-stage.ts';
import { type Fault, nodeName, pickNode, type Strike } from './fault.ts';

export type LineName = 'door' | 'bus' | 'database';

const names: Readonly<Record<LineName, string>> = {
  door: 'people and',
  bus: 'Redis and',
  database: 'PostgreSQL and',
};

/** All connections are reset at once. */
export const cut = (line: LineName): Fault => onLine(line, (wire) => wire.cut('reset'));

/** The far side loses all connections, and the near side is not told. */
export const abandon = (line: LineName): Fault => onLine(line, (wire) => wire.abandon());

/** No byte passes for up to 2 s, then all that was held does. */
export const stall = (line: LineName): Fault =>
  onLine(line, async (wire, { random }) => {
    wire.isSilent = true;
    await delay(200 + random() * 1_800);
    wire.isSilent = false;
  });

function onLine(name: LineName, act: (wire: WireProxy, strike: Strike) => void | Promise<void>): Fault {
  return async (strike) => {
    const index = pickNode(strike);
    const lines = strike.stage.lines[index] as NodeLines;
    const inFlight = await untilBusy(name, lines, index, strike);
    await act(lines[name], strike);
    return { at: `${names[name]} ${nodeName(index)}`, inFlight };
  };
}

/** The work that the line has at that moment: people's writes, statements without an answer, news that goes by it. */
async function untilBusy(name: LineName, lines: NodeLines, index: number, { scene }: Strike): Promise<number> {
  switch (name) {
    case 'door':
      await scene.until(() => scene.inFlight(index) > 0);
      return scene.inFlight(index);
    case 'database':
      await scene.until(() => lines.database.awaiting > 0);
      return lines.database.awaiting;
    case 'bus': {
      await scene.until(() => scene.inFlight() > scene.inFlight(index));
      return scene.inFlight() - scene.inFlight(index);
    }
  }
}
