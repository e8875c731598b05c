import type { MouseEvent } from 'react';
import { useQuery } from 'urql';
import { SignInMethodsDocument } from './passkey-documents.ts';

interface ProviderSignInProps {
  /** «Sign in with», «Link». */
  doing?: string;
  /** To be settled before the browser goes; false: it stays. */
  first?: () => Promise<boolean>;
}

/** Links to the provider that the server offers, if any; the browser comes back to where it is. */
export function ProviderSignIn({ doing = 'Sign in with', first }: ProviderSignInProps) {
  const [{ data }] = useQuery({ query: SignInMethodsDocument });
  const providers = data?.server.signInMethods.filter(({ kind }) => kind === 'PROVIDER') ?? [];

  async function goWhenSettled(event: MouseEvent<HTMLAnchorElement>) {
    if (!first) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    if (await first()) window.location.assign(href);
  }

  return providers.map(({ label, path }) => (
    <a
      key={path}
      className="button"
      href={`${path}?return=${encodeURIComponent(hereAsPath())}`}
      onClick={(event) => void goWhenSettled(event)}
    >
      {doing} {label}
    </a>
  ));
}

function hereAsPath(): string {
  const { pathname, search, hash } = window.location;
  return `${pathname}${search}${hash}`;
}
