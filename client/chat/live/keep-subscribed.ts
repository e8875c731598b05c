import type { AnyVariables, Client, CombinedError, TypedDocumentNode } from 'urql';
import { retryDelayMs } from '../../sdk/src/index.ts';

/** What an item says about its stream: it goes on, ends but may be opened again, or is over for good. */
export type Course = 'goes on' | 'again' | 'over';

const notToBeHad = new Set(['UNAUTHENTICATED', 'NOT_FOUND']);

/**
 * Keeps a subscription open whose past does not matter: one that cannot go on after its cursor is opened anew, later each time.
 * `onLost` is called whenever items may be missing from then on. Returns the way to stop.
 */
export function keepSubscribed<Data, Variables extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  listener: {
    take(data: Data): Course;
    onLost(): void;
    /** With what it is opened anew; as at first where absent. */
    readonly again?: Variables;
  },
): () => void {
  let retries = 0;
  let timeout: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};

  function open(given: Variables) {
    const subscription = client.subscription(document, given).subscribe(({ data, error }) => {
      const course = error ? courseAfter(error) : data ? listener.take(data) : 'goes on';
      if (course === 'goes on') {
        retries = 0;
        return;
      }
      unsubscribe();
      clearTimeout(timeout);
      listener.onLost();
      if (course === 'over') return;
      timeout = setTimeout(() => open(listener.again ?? variables), retryDelayMs(retries));
      retries += 1;
    });
    unsubscribe = () => subscription.unsubscribe();
  }

  open(variables);
  return () => {
    clearTimeout(timeout);
    unsubscribe();
  };
}

function courseAfter(error: CombinedError): Course {
  return error.graphQLErrors.some(({ extensions }) => notToBeHad.has(extensions.code as string)) ? 'over' : 'again';
}
