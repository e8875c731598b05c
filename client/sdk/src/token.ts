import { ParleyError } from './errors.ts';

/** A function is asked at each request and each connection, and once more after what it gave was refused. */
export type Token = string | null | (() => string | null | Promise<string | null>);

/** Codes that say that who asked is not let in, or not any more: another token may be. */
const ofToken: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'SIGNED_OUT']);

export function isOfToken(error: unknown): error is ParleyError {
  return error instanceof ParleyError && ofToken.has(error.code);
}

/** So many different tokens refused one after the other: what makes them is wrong. */
export const mostRefusals = 3;

/** As HTTP sends it in any case: a file with a token often ends with the end of a line. */
function trimmed(token: string | null | undefined): string | null {
  return token?.trim() ?? null;
}

/** Where the token of one Parley comes from. */
export class Credential {
  readonly #token: Token | undefined;
  #renewing: { readonly refused: string | null; readonly hasOther: Promise<boolean> } | null = null;

  constructor(token: Token | undefined) {
    this.#token = token;
  }

  /** False: there is none, and a cookie signs in where it can. */
  get isGiven(): boolean {
    return this.#token != null;
  }

  get mayChange(): boolean {
    return typeof this.#token === 'function';
  }

  /** Whether to repeat is pointless. A token that is given once and for all will not become the one in its place. */
  isFinal(error: ParleyError): boolean {
    return error.isFinal || (error.code === 'TOKEN_REPLACED' && this.isGiven && !this.mayChange);
  }

  /** Throws UNREACHABLE, with its cause, where the function does: who makes tokens may be away for a moment. */
  async now(): Promise<string | null> {
    if (typeof this.#token !== 'function') return trimmed(this.#token);
    try {
      return trimmed(await this.#token());
    } catch (cause) {
      throw new ParleyError('UNREACHABLE', `the token could not be had: ${String(cause)}`, { cause });
    }
  }

  /**
   * Whether there is another token than `refused`, which the server does not take (any more). All that were refused with it share
   * one question. Throws as `now` does.
   */
  hasOther(refused: string | null): Promise<boolean> {
    if (!this.mayChange) return Promise.resolve(false);
    if (this.#renewing?.refused === refused) return this.#renewing.hasOther;
    const hasOther = this.now().then((fresh) => fresh !== null && fresh !== refused);
    const renewing = { refused, hasOther };
    this.#renewing = renewing;
    const settled = () => {
      if (this.#renewing === renewing) this.#renewing = null;
    };
    hasOther.then(settled, settled);
    return hasOther;
  }
}
