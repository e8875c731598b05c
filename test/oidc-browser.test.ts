import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { newHandle } from './support/account.ts';
import { visit } from './support/browser.ts';
import { publicUrlOf, startProvider, startServerWith } from './support/provider.ts';

const whoAmI = '{ viewer { user { handle displayName isGuest } identities { subject } } }';

// biome-ignore lint/suspicious/noExplicitAny: tests look into data of any shape.
function ask(page: Page, query: string): Promise<any> {
  return page.evaluate(async (query) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
    return (await response.json()).data;
  }, query);
}

/** Follows a link, as a person does who clicks on one. */
async function follow(page: Page, href: string): Promise<void> {
  await page.evaluate((href) => {
    document.body.innerHTML = `<a href="${href}">Sign in</a>`;
  }, href);
  await page.getByText('Sign in').click();
}

test('[I1] [I3] [I4] a browser signs in by the provider, links it as a member, and begins from no other site as one', async () => {
  const provider = await startProvider();
  const server = await startServerWith(provider);
  const url = publicUrlOf(server);
  await using visitor = await visit();
  const { page } = visitor;
  await page.goto(`${url}/health/live`);
  await follow(page, '/auth/oidc/start?return=/health/ready');
  await page.waitForURL(`${url}/health/ready`);
  expect((await ask(page, whoAmI)).viewer).toEqual({
    user: { handle: 'ann', displayName: 'Ann Example', isGuest: false },
    identities: [{ subject: 'ann-1' }],
  });

  await using member = await visit();
  const handle = newHandle();
  await member.page.goto(`${url}/health/live`);
  await ask(
    member.page,
    `mutation { signUp(input: { handle: "${handle}", password: "seven small otters", credential: COOKIE }) { token } }`,
  );
  provider.person = { sub: 'otter-1' };
  // A page of another site: the provider's own will do.
  await member.page.goto(
    `${provider.settings.issuer}/.well-known/openid-configuration`.replace('localhost', '127.0.0.1'),
  );
  await follow(member.page, `${url}/auth/oidc/start`);
  await member.page.getByText('ORIGIN_REFUSED').waitFor();
  await member.page.getByText('Back').click();
  await member.page.goto(`${url}/health/live`);
  await follow(member.page, '/auth/oidc/start?return=/health/ready');
  await member.page.waitForURL(`${url}/health/ready`);
  expect((await ask(member.page, whoAmI)).viewer).toMatchObject({
    user: { handle },
    identities: [{ subject: 'otter-1' }],
  });

  await using stranger = await visit();
  provider.person = null;
  await stranger.page.goto(`${url}/health/live`);
  await follow(stranger.page, '/auth/oidc/start?return=/health/ready');
  await stranger.page.getByRole('heading', { name: 'Not signed in' }).waitFor();
  expect(await stranger.page.getByRole('link', { name: 'Back' }).getAttribute('href')).toBe('/health/ready');
  expect(await ask(stranger.page, whoAmI)).toEqual({ viewer: null });
  for (const { faults } of [visitor, member])
    expect(faults.filter((fault) => !/status of (403|404)/.test(fault))).toEqual([]);
});
