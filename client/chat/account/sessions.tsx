import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { type CombinedError, type OperationResult, useClient, useMutation } from 'urql';
import type { SessionsQuery, SessionsQueryVariables } from '../../gql/graphql.ts';
import { useNews } from '../parts/use-wire.ts';
import { deviceOf } from '../state/device.ts';
import { faultSentence, type Refusal, refusalSentence } from '../state/sentences.ts';
import { RevokeOtherSessionsDocument, RevokeSessionDocument, SessionsDocument } from './documents.ts';

type Session = NonNullable<SessionsQuery['viewer']>['sessions']['nodes'][number];

/** Where one is signed in, this device first; each of the others can be signed out. `signOut` is the button for this one. */
export function Sessions({ signOut }: { signOut: ReactNode }) {
  const { sessions, problem, reload, setProblem } = useSessions();
  const [{ fetching: isRevoking }, revoke] = useMutation(RevokeSessionDocument);
  const [{ fetching: isRevokingAll }, revokeOthers] = useMutation(RevokeOtherSessionsDocument);
  const isBusy = isRevoking || isRevokingAll;
  useNews({
    take: ({ __typename }) => __typename === 'CredentialsEnded' && void reload(),
    gap: () => void reload(),
  });

  async function settle(error: CombinedError | undefined, errors: readonly Refusal[] | undefined) {
    const [refusal] = errors ?? [];
    setProblem(error ? faultSentence(error) : refusal ? refusalSentence(refusal) : null);
    await reload();
  }

  return (
    <>
      <p className="problem" role="alert">
        {problem}
      </p>
      <ul className="sessions">
        {sessions.map((session) => (
          <li key={session.id}>
            <div>
              <strong title={session.userAgent ?? undefined}>{deviceOf(session.userAgent)}</strong>
              <p className="aside">
                {session.isCurrent ? 'This device' : `Last seen ${timeFormat.format(new Date(session.lastSeenAt))}`}
                {session.address && `, from ${session.address}`}
              </p>
              <p className="aside">Signed in {timeFormat.format(new Date(session.createdAt))}</p>
            </div>
            {session.isCurrent ? (
              signOut
            ) : (
              <button
                type="button"
                disabled={isBusy}
                aria-label={`Sign out ${deviceOf(session.userAgent)}`}
                onClick={() =>
                  void revoke({ sessionId: session.id }).then(({ error, data }) =>
                    settle(error, data?.revokeSession.errors),
                  )
                }
              >
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <button
          type="button"
          disabled={isBusy}
          onClick={() =>
            void revokeOthers({}).then(({ error, data }) => settle(error, data?.revokeOtherSessions.errors))
          }
        >
          Sign out all other devices
        </button>
      )}
    </>
  );
}

/** All sessions, page by page: there are a few, or an operator's limit of them. */
function useSessions() {
  const client = useClient();
  const [sessions, setSessions] = useState<readonly Session[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const reload = useCallback(async () => {
    const found: Session[] = [];
    let after: string | null = null;
    do {
      const answer: OperationResult<SessionsQuery> = await client
        .query<SessionsQuery, SessionsQueryVariables>(SessionsDocument, { after }, { requestPolicy: 'network-only' })
        .toPromise();
      if (answer.error) return setProblem(faultSentence(answer.error));
      const page = answer.data?.viewer?.sessions;
      found.push(...(page?.nodes ?? []));
      after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    setSessions(found.sort((one, other) => Number(other.isCurrent) - Number(one.isCurrent)));
  }, [client]);

  useEffect(() => {
    void reload();
  }, [reload]);

  return { sessions, problem, reload, setProblem };
}

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
