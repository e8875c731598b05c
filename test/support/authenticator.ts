import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { type Visitor, visit } from './browser.ts';

/** What Chromium knows of a key in its virtual authenticator. */
export interface VirtualKey {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly rpId?: string;
  readonly privateKey: string;
  readonly userHandle?: string;
  readonly signCount: number;
}

/** A browser whose person has a key at hand and touches it whenever asked. */
export interface Holder extends Visitor {
  /** What the browser answers to options; rejects with the name of its error. */
  create(options: object): Promise<object>;
  get(options: object): Promise<object>;
  keys(): Promise<readonly VirtualKey[]>;
  /** Puts a key in, as a copy of one has it. */
  put(key: VirtualKey): Promise<void>;
  clear(): Promise<void>;
}

const library = readFileSync(
  join(import.meta.dirname, '../../node_modules/@simplewebauthn/browser/dist/bundle/index.umd.min.js'),
  'utf8',
);

/** Opens `url`, which needs no scripts of its own. */
export async function visitWithKey(url: string, { isVerifying = true } = {}): Promise<Holder> {
  const visitor = await visit();
  const { page } = visitor;
  const cdp = await page.context().newCDPSession(page);
  const authenticatorId = await addAuthenticator(cdp, isVerifying);
  await page.goto(url);
  await page.evaluate(library);
  return {
    ...visitor,
    create: (options) => call(page, 'startRegistration', options),
    get: (options) => call(page, 'startAuthentication', options),
    async keys() {
      return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials as VirtualKey[];
    },
    async put(credential) {
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
    async clear() {
      await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    },
  };
}

export async function addAuthenticator(cdp: CDPSession, isVerifying = true): Promise<string> {
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: isVerifying ? 'internal' : 'usb',
      hasResidentKey: true,
      hasUserVerification: isVerifying,
      isUserVerified: isVerifying,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}

function call(page: Page, method: 'startRegistration' | 'startAuthentication', optionsJSON: object): Promise<object> {
  return page.evaluate(
    ([method, optionsJSON]) => {
      const { SimpleWebAuthnBrowser } = window as unknown as {
        SimpleWebAuthnBrowser: Record<string, (given: object) => Promise<object>>;
      };
      return SimpleWebAuthnBrowser[method]!({ optionsJSON });
    },
    [method, optionsJSON] as const,
  );
}
