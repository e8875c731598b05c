import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';
import type { ProviderSettings } from '../../src/transport/settings.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

/** Whom the provider takes the browser for, and what it says of them. */
export interface ProviderPerson {
  readonly sub: string;
  readonly preferred_username?: string;
  readonly name?: string;
  readonly email?: string;
}

/** A provider of OpenID Connect, in this process on a port of its own. */
export interface TestProvider {
  readonly settings: ProviderSettings;
  /** Who signs in next; null: whoever it is says no. */
  person: ProviderPerson | null;
  /** Callback addresses that it knows. */
  readonly redirectUris: string[];
  stop(): Promise<void>;
}

const client = { clientId: 'parley', clientSecret: 'a secret that nobody else knows' };

export async function startProvider(): Promise<TestProvider> {
  let handler: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  const http = createServer((request, response) => {
    handler ??= handlerOf(issuer, provider);
    handler(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(http.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  onTestFinished(stop);
  const provider: TestProvider = {
    settings: { issuer, ...client, label: 'Example', isSignUpOpen: true },
    person: { sub: 'ann-1', preferred_username: 'Ann', name: 'Ann Example' },
    redirectUris: [],
    stop,
  };
  return provider;
}

/** A node that people reach at localhost, and may sign in to by the provider. */
export async function startServerWith(provider: TestProvider, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer({
    ...options,
    transport: { provider: provider.settings, ...options.transport },
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  provider.redirectUris.push(`${publicUrlOf(server)}/auth/oidc/callback`);
  return server;
}

export function publicUrlOf({ url }: { readonly url: string }): string {
  return `http://localhost:${new URL(url).port}`;
}

function handlerOf(issuer: string, provider: TestProvider) {
  const people = new Map<string, ProviderPerson>();
  const oidc = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: provider.redirectUris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    cookies: { keys: ['a key of the test'] },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ ...people.get(sub), sub }) as { sub: string },
    }),
    async loadExistingGrant({ oidc: { client: asking, session, provider: own } }) {
      const grant = new own.Grant({ clientId: asking?.clientId as string, accountId: session?.accountId as string });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  oidc.on('server_error', (_context, error) => console.error(error));
  const handle = oidc.callback();
  return (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response);
    const { person } = provider;
    if (person) people.set(person.sub, person);
    const result = person
      ? { login: { accountId: person.sub, remember: false } }
      : { error: 'access_denied', error_description: 'the person said no' };
    void oidc.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  };
}

/** A browser without a screen: it keeps cookies, and follows redirects one at a time. */
export class Browser {
  readonly cookies = new Map<string, string>();

  async get(url: string | URL, headers: Record<string, string> = {}): Promise<Response> {
    return this.#keep(await fetch(url, { redirect: 'manual', headers: { ...this.#own, ...headers } }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of any shape.
  async ask(url: string, query: string, variables: object = {}): Promise<any> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#own },
      body: JSON.stringify({ query, variables }),
    });
    return this.#keep(response).json();
  }

  /** Follows redirects for as long as `on` says so; the answer that it stopped at, and the address that it would go to. */
  async follow(
    url: string | URL,
    on: (location: URL) => boolean = () => true,
  ): Promise<{ response: Response; at: URL }> {
    let at = new URL(url);
    for (let hops = 0; hops < 20; hops++) {
      // As a browser does whose page had the link.
      const response = await this.get(at, { referer: `${new URL(url).origin}/` });
      const location = response.headers.get('location');
      if (location === null) return { response, at };
      at = new URL(location, at);
      if (!on(at)) return { response, at };
    }
    throw new Error(`too many redirects: ${at}`);
  }

  /** Forgets that it is signed in at the provider. */
  leaveProvider(): void {
    for (const name of this.cookies.keys()) if (name.startsWith('_')) this.cookies.delete(name);
  }

  get #own(): Record<string, string> {
    return this.cookies.size === 0
      ? {}
      : { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  }

  #keep(response: Response): Response {
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '' || /Max-Age=0|expires=Thu, 01 Jan 1970/i.test(header)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}
