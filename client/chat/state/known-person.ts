export interface KnownPerson {
  readonly id: string;
  /** Null: a guest, who cannot sign in again. */
  readonly handle: string | null;
  readonly displayName: string;
}

const key = 'parley:person';

/** Who was signed in here last and did not sign out here. Null: nobody, or the browser keeps nothing. */
export function knownPerson(storage: Pick<Storage, 'getItem'> | null = storageOf()): KnownPerson | null {
  try {
    const known = JSON.parse(storage?.getItem(key) ?? 'null') as KnownPerson | null;
    return typeof known?.id === 'string' ? known : null;
  } catch {
    return null;
  }
}

export function rememberPerson({ id, handle, displayName }: KnownPerson): void {
  try {
    storageOf()?.setItem(key, JSON.stringify({ id, handle, displayName }));
  } catch {
    // A full storage costs the handle in the form for signing in, and nothing else.
  }
}

export function forgetPerson(): void {
  storageOf()?.removeItem(key);
}

/** Null where the browser forbids it: even looking at it throws there. */
export function storageOf(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
