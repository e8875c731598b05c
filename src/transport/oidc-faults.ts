/** Why signing in by the provider came to nothing: the status of the page, and what the person can do. */
export const providerFaults = {
  STATE_INVALID: {
    status: 400,
    does: 'This was not begun in this browser at this address, was finished before, or something later was begun: begin again.',
  },
  STATE_EXPIRED: { status: 400, does: 'It took more than ten minutes: begin again.' },
  SESSION_CHANGED: { status: 409, does: 'Somebody signed in or out here meanwhile: begin again.' },
  CANCELLED: { status: 403, does: 'The provider was told not to go on: begin again, or sign in another way.' },
  PROVIDER_REFUSED: {
    status: 502,
    does: 'What the provider answered does not hold: begin again; if it comes again, the operator finds why in the log.',
  },
  PROVIDER_UNAVAILABLE: { status: 503, does: 'The provider does not answer: begin again later.' },
  SIGN_UP_CLOSED: {
    status: 403,
    does: 'Nobody here has this identity, and it makes no accounts: sign in another way first, then link it.',
  },
  IDENTITY_TAKEN: { status: 409, does: 'Another account has this identity: sign in as that one to unlink it.' },
  OTHER_LINKED: { status: 409, does: 'You have linked another identity of this provider: unlink that one first.' },
  SIGN_IN_AGAIN: {
    status: 403,
    does: 'You signed in too long ago to link this: confirm in the settings that it is you, then begin again.',
  },
  ORIGIN_REFUSED: { status: 403, does: 'Who is signed in can begin this on a page of this server only: go there.' },
  RATE_LIMITED: { status: 429, does: 'Too many of these in a short time: wait a while.' },
  UNAVAILABLE: { status: 503, does: 'The database cannot answer now: begin again later.' },
  INTERNAL: { status: 500, does: 'A bug of ours, in the log of the server.' },
} as const;

export type ProviderFaultCode = keyof typeof providerFaults;

/** `cause`: for the log alone. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';
  readonly code: ProviderFaultCode;

  constructor(code: ProviderFaultCode, cause?: unknown) {
    super(`${code}: ${providerFaults[code].does}`, { cause });
    this.code = code;
  }
}
