import { useQuery } from 'urql';
import { SignInMethodsDocument } from './passkey-documents.ts';

/** Links to the provider that the server offers, if any; the browser comes back to where it is. `doing`: «Sign in with», «Link». */
export function ProviderSignIn({ doing = 'Sign in with' }: { doing?: string }) {
  const [{ data }] = useQuery({ query: SignInMethodsDocument });
  const providers = data?.server.signInMethods.filter(({ kind }) => kind === 'PROVIDER') ?? [];
  return providers.map(({ label, path }) => (
    <a key={path} className="button" href={`${path}?return=${encodeURIComponent(hereAsPath())}`}>
      {doing} {label}
    </a>
  ));
}

function hereAsPath(): string {
  const { pathname, search, hash } = window.location;
  return `${pathname}${search}${hash}`;
}
