import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStubEngine } from '../../test/support/stub-engine.ts';
import { silentLog } from '../observe/log.ts';
import { startTransport, type Transport } from './server.ts';
import { defaultTransportSettings } from './settings.ts';

let server: Transport;

beforeAll(async () => {
  const engine = createStubEngine();
  server = await startTransport({ engine, settings: defaultTransportSettings, log: silentLog, clientFolder: null });
});

afterAll(() => server.close());

describe('audits of graphql-http', () => {
  const audits = serverAudits({ url: () => `${server.url}/graphql` });

  it('are 61', () => expect(audits).toHaveLength(61));

  for (const audit of audits) {
    it(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
    });
  }
});
