import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import { byServer, type Command, commandOf, type Giver, type LinkIdentity } from '../command.ts';
import type { Entered, Identities, IdentityClaim, ProvidedProfile } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { Identity, IdentityId, User, UserId, Viewer } from '../model.ts';
import type { Reading } from '../reading.ts';
import { isRefused } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { displayNameOf } from '../text.ts';
import { sessionOf } from './credentials.ts';
import { handlesFor } from './handles.ts';
import type { LinkOutcome } from './identity-rules.ts';
import type { SessionMaker, SignInOrigin } from './new-session.ts';
import { type SessionOpener, signedIn } from './open-session.ts';
import { provenBySql } from './proof.ts';

export interface IdentitiesOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly sessions: SessionMaker;
  readonly opener: SessionOpener;
  readonly newId: () => string;
  /** Some lower case letters and digits that make a handle unique. */
  readonly newHandleSuffix: () => string;
  readonly clock: () => number;
}

const holderSql = `
  SELECT person.*, identity.id AS "identityId"
  FROM identity, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = identity.user_id) AS person
  WHERE issuer = $1 AND subject = $2`;

const isGuestSql = 'SELECT is_guest AS "isGuest" FROM user_account WHERE id = $1';

// Held while the session is written: an identity that is unlinked meanwhile lets nobody in.
const proofSql = `proof AS (
  UPDATE identity SET last_used_at = $2::timestamptz WHERE id = $3::uuid
  RETURNING user_id, ${provenBySql('identity', 'created_at')})`;

const listSql = `SELECT id, issuer, subject, created_at AS "createdAt", last_used_at AS "lastUsedAt"
  FROM identity WHERE user_id = $1 ORDER BY id LIMIT 100`;

export function createIdentities(options: IdentitiesOptions): Identities {
  const { database, committer, sessions, opener, newId, newHandleSuffix, clock } = options;

  /** Null: nobody has the identity. */
  async function enterAsHolder(
    viewer: Viewer | null,
    { issuer, subject }: IdentityClaim,
    origin: SignInOrigin,
  ): Promise<Entered | null> {
    const [found] = await database.query<User & { identityId: IdentityId }>(holderSql, [issuer, subject]);
    if (!found) return null;
    const { identityId, ...user } = found;
    const proof = { sql: proofSql, parameters: [identityId] };
    if (viewer?.user.id === user.id) {
      await opener.confirm(viewer, proof);
      return { outcome: 'LINKED' };
    }
    if (viewer && !(await isGuest(viewer))) return { outcome: 'TAKEN' };
    const opened = await opener.open(user, origin, proof);
    return opened && { outcome: 'SIGNED_IN', signedIn: opened };
  }

  async function isGuest({ user }: Viewer): Promise<boolean> {
    const [row] = await database.query<{ isGuest: boolean }>(isGuestSql, [user.id]);
    return row?.isGuest ?? true;
  }

  async function link(giver: Giver, claim: IdentityClaim, rest: Pick<LinkIdentity, 'as' | 'displayName'>) {
    const now = new Date(clock());
    const { issuer, subject } = claim;
    const identity: Identity = { id: newId() as IdentityId, issuer, subject, createdAt: now, lastUsedAt: now };
    const decided = await committer.submit(
      commandOf('linkIdentity', giver, {}, { identity, ...rest, clientKey: null }),
    );
    if (isRefused(decided)) {
      if (decided.refusal.code === 'SIGN_IN_AGAIN') return { outcome: 'SIGN_IN_AGAIN' } as const;
      throw new Error(`linking was refused: ${decided.refusal.message}`);
    }
    return { ...(decided.entity as LinkOutcome), head: decided.head };
  }

  async function signUp(
    viewer: Viewer | null,
    claim: IdentityClaim,
    origin: SignInOrigin,
    profile: ProvidedProfile,
  ): Promise<Entered> {
    const userId = viewer?.user.id ?? (newId() as UserId);
    const { session, token } = sessions.make({ id: userId, isGuest: false }, origin);
    const handles = handlesFor(profile.username, newHandleSuffix());
    const as = { kind: viewer ? 'GUEST' : 'NEW', session, handles } as const;
    const linked = await link(viewer ?? byServer(userId), claim, {
      as,
      displayName: displayNameOf(profile.name ?? profile.username),
    });
    if (linked.outcome !== 'SIGNED_UP') return { outcome: linked.outcome };
    return { outcome: 'SIGNED_IN', signedIn: signedIn(linked.user, session, token, linked.head) };
  }

  return {
    async enter(viewer, claim, origin, askSignUp) {
      if (viewer) sessionOf(viewer);
      const entered = await enterAsHolder(viewer, claim, origin);
      if (entered) return entered;
      if (viewer && !(await isGuest(viewer))) {
        const as = { kind: 'MEMBER' } as const;
        const { outcome } = await link(viewer, claim, { as, displayName: null });
        return { outcome: outcome === 'SIGNED_UP' ? 'LINKED' : outcome };
      }
      const profile = await askSignUp();
      if (profile === null) return { outcome: 'NOT_ASKED' };
      const outcome = await signUp(viewer, claim, origin, profile);
      // Two windows at once: the other one made the account.
      return outcome.outcome === 'TAKEN' ? ((await enterAsHolder(viewer, claim, origin)) ?? outcome) : outcome;
    },

    async unlink(viewer, id) {
      const decided = await committer.submit(
        commandOf('removeSignInWay', viewer, {}, { way: { kind: 'IDENTITY', id }, clientKey: null }),
      );
      return isRefused(decided) ? decided : { removedId: id };
    },
  };
}

/** The viewer's own, in the order of linking: at most one for each provider that there ever was. */
export function identitiesOf(reading: Reading, userId: UserId): Promise<Identity[]> {
  return reading.query<Identity>(listSql, [userId]);
}
