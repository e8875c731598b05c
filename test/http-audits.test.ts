import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Audit, type AuditResult, serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './support/server.ts';

const page = join(import.meta.dirname, '../docs/http-audits.md');
const between = /(?<=<!-- audits:begin -->\n)[\s\S]*(?=<!-- audits:end -->)/;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const audits = serverAudits({ url: () => `${server.url}/graphql` });
const results = new Map<string, AuditResult>();

describe('the audits of graphql-http, against a whole node', () => {
  it('are 61', () => expect(audits).toHaveLength(61));

  it.each(audits.map((audit) => [audit.name, audit] as const))('[E3] %s', async (_, audit) => {
    const result = await audit.fn();
    results.set(audit.id, result);
    expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
  });

  it('came out as docs/http-audits.md says', async () => {
    const table = [...header, ...audits.map(rowOf)].join('\n');
    const text = readFileSync(page, 'utf8').replace(between, `\n${table}\n\n`);
    await expect(text).toMatchFileSnapshot(page);
  });
});

const header = ['| audit | level | what | outcome |', '|---|---|---|---|'];

function rowOf({ id, name }: Audit): string {
  const [, level = '', what = name] = /^(MUST|SHOULD|MAY) (.*)$/.exec(name) ?? [];
  const result = results.get(id);
  const outcome =
    result === undefined ? 'not run' : result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`;
  return `| ${id} | ${level} | ${what.replaceAll('|', '\\|')} | ${outcome.replaceAll('|', '\\|')} |`;
}
