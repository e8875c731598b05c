import type { PeopleNewsSubscription } from '../../gql/graphql.ts';
import { Store } from './store.ts';

/** A person as the newest UserUpdated shows them. */
export type PersonNow = NonNullable<Extract<PeopleNewsSubscription['events'], { __typename: 'UserUpdated' }>['user']>;

/**
 * Who changed since the page was opened, by global id. What came with a message or a list is older than that, or as new: it stands
 * behind it wherever a person is shown. The answer to a change of one's own is newer.
 */
export class People {
  readonly store = new Store<ReadonlyMap<string, PersonNow>>(new Map());

  take(person: PersonNow): void {
    this.store.update((known) => new Map(known).set(person.id, person));
  }

  /** What the cache knows is newer, until the next news of them. */
  forgetOne(id: string): void {
    this.store.update((known) => {
      if (!known.has(id)) return known;
      const others = new Map(known);
      others.delete(id);
      return others;
    });
  }

  /** News may be missing: what is read anew from here on is newer than what is known here. */
  forget(): void {
    this.store.update((known) => (known.size === 0 ? known : new Map()));
  }
}
