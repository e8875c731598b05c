import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function lines(format: 'json' | 'pretty') {
  const written: string[] = [];
  const log = createLog({ level: 'info', format, destination: { write: (line) => void written.push(line) } });
  return { log, written };
}

it('writes one object per line, with the fields of its parents, and nothing under its level', () => {
  const { log, written } = lines('json');
  log.child({ node: 'a' }).warn({ rows: 3 }, 'that was slow');
  log.debug({}, 'nobody asked');
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { level: 'warn', time: expect.any(Number), node: 'a', rows: 3, msg: 'that was slow' },
  ]);
});

it('writes for people: a time, a sentence, the fields, and the stack of an error', () => {
  const { log, written } = lines('pretty');
  log.info({ port: 4000 }, 'listening');
  log.error({ err: new Error('no room') }, 'it failed');
  expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}listening \{"port":4000\}\n$/);
  expect(written[1]).toMatch(/error it failed\nError: no room\n {4}at /);
});
