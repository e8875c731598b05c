import type { Queryable } from '../../db/queryable.ts';
import type { Committer } from '../../log/append.ts';
import { type Command, commandOf } from '../command.ts';
import type { Passkeys } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { Passkey, PasskeyId, User, UserId, Viewer } from '../model.ts';
import type { Reading } from '../reading.ts';
import { isRefused, type Refused, refuse } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { checkPasskeyName } from '../text.ts';
import { accountRequired } from './account-rules.ts';
import { type Challenge, type Challenges, spendChallenge, spendingSql } from './challenges.ts';
import { sessionOf } from './credentials.ts';
import type { SessionOpener } from './open-session.ts';
import {
  challengeOf,
  creationOptions,
  type PasskeySite,
  type PublicKey,
  provenKey,
  provenUse,
  requestOptions,
} from './passkey-proof.ts';
import { notProven, passkeysPerPerson, tooManyPasskeys } from './passkey-rules.ts';
import { isRecent, provenBySql, signInAgain } from './proof.ts';
import { passkeyColumns } from './sign-in-way-facts.ts';

export interface PasskeysOptions {
  readonly database: Queryable;
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly opener: SessionOpener;
  readonly challenges: Challenges;
  /** Null: where people reach this server is no domain, so that browsers have no passkeys for it. */
  readonly site: PasskeySite | null;
  readonly newId: () => string;
  readonly clock: () => number;
}

const listSql = `SELECT ${passkeyColumns} FROM passkey WHERE user_id = $1 ORDER BY id`;
const holderSql = `
  SELECT is_guest AS "isGuest",
    (SELECT coalesce(proven_at, session.created_at) FROM session WHERE session.id = $2) AS "provenAt", coalesce((SELECT json_agg(json_build_object('credentialId', credential_id, 'transports', transports))
    FROM passkey WHERE user_id = $1), '[]') AS keys
  FROM user_account WHERE id = $1`;

const findSql = `
  SELECT person.*, passkey.id AS "passkeyId", credential_id AS "credentialId", public_key AS "publicKey", counter, transports
  FROM passkey, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = passkey.user_id) AS person
  WHERE credential_id = $1`;

// Of two that bring the same count one was made by a copy of the key, or is the same one again.
const proofSql = `${spendingSql(6)},
  proof AS (UPDATE passkey SET counter = $4::bigint, is_backed_up = $5::bool, last_used_at = $2::timestamptz FROM spent
    WHERE passkey.id = $3::uuid AND (passkey.counter < $4::bigint OR (passkey.counter = 0 AND $4::bigint = 0))
    RETURNING passkey.user_id, ${provenBySql('passkey', 'created_at')})`;

interface Holder {
  readonly isGuest: boolean;
  readonly provenAt: Date | null;
  readonly keys: readonly Pick<PublicKey, 'credentialId' | 'transports'>[];
}
type Found = User & PublicKey & { readonly passkeyId: PasskeyId };

export function createPasskeys(options: PasskeysOptions): Passkeys {
  const { database, committer, opener, challenges, site, newId, clock } = options;

  /** Of now: a socket knows its viewer as they were when it was opened. */
  async function holderOf({ user, credentialId }: Viewer): Promise<Holder> {
    const [holder] = await database.query<Holder>(holderSql, [user.id, credentialId]);
    return holder ?? { isGuest: true, provenAt: null, keys: [] };
  }

  async function add(site: PasskeySite, viewer: Viewer, name: string, given: Parameters<Passkeys['add']>[1]) {
    const challenge = readChallenge(given.response, 'ADD_PASSKEY', viewer.user.id);
    const key = challenge && (await provenKey(site, given.response));
    if (!key) return notProven();
    const made = { id: newId() as PasskeyId, name, createdAt: new Date(clock()), lastUsedAt: null };
    const input = { passkey: { ...key, ...made }, challenge, clientKey: null };
    const decided = await committer.submit(commandOf('addPasskey', viewer, {}, input));
    return isRefused(decided) ? decided : (decided.entity as Passkey);
  }

  /** Whose passkey was used, and the proof of it; null: it proves nothing. */
  async function readUse(site: PasskeySite, response: Parameters<Passkeys['signIn']>[0]) {
    const challenge = readChallenge(response, 'SIGN_IN', '');
    const [found] = challenge ? await database.query<Found>(findSql, [response.id]) : [];
    if (!challenge || !found) return null;
    const { passkeyId, credentialId, publicKey, counter, transports, ...user } = found;
    const use = await provenUse(site, response, { credentialId, publicKey, counter, transports }, user);
    if (!use) {
      await spendChallenge(database, challenge);
      return null;
    }
    const parameters = [passkeyId, use.counter, use.isBackedUp, challenge.id, challenge.expiresAt];
    return { user, proof: { sql: proofSql, parameters } };
  }

  function readChallenge(
    response: Parameters<typeof challengeOf>[0],
    purpose: 'ADD_PASSKEY' | 'SIGN_IN',
    subject: string,
  ): Challenge | null {
    const challenge = challengeOf(response);
    return challenge && challenges.read(challenge, purpose, subject);
  }

  return {
    isAvailable: site !== null,

    async optionsToAdd(viewer) {
      if (!site) return unavailable();
      const { isGuest, provenAt, keys } = await holderOf(viewer);
      if (isGuest) return accountRequired();
      if (keys.length >= passkeysPerPerson) return tooManyPasskeys();
      // Before the browser asks for a finger: registerPasskey decides.
      if (provenAt === null || !isRecent(provenAt, new Date(clock()))) return signInAgain();
      const { user } = viewer;
      return { options: await creationOptions(site, user, challenges.make('ADD_PASSKEY', user.id), keys) };
    },

    async add(viewer, given) {
      const name = given.name?.trim() ?? 'Passkey';
      if (!site) return unavailable();
      if ((await holderOf(viewer)).isGuest) return accountRequired();
      return checkPasskeyName(name) ?? add(site, viewer, name, given);
    },

    async optionsToSignIn() {
      return site ? { options: await requestOptions(site, challenges.make('SIGN_IN', '')) } : unavailable();
    },

    async signIn(response, origin) {
      if (!site) return unavailable();
      const use = await readUse(site, response);
      return (use && (await opener.open(use.user, origin, use.proof))) ?? notProven();
    },

    async confirm(viewer, response) {
      sessionOf(viewer);
      if (!site) return unavailable();
      const use = await readUse(site, response);
      if (use?.user.id !== viewer.user.id) return notProven();
      return (await opener.confirm(viewer, use.proof)) ?? notProven();
    },

    async rename(viewer, passkeyId, given) {
      const name = given.trim();
      const refused = checkPasskeyName(name);
      if (refused) return refused;
      const input = { passkeyId, name, clientKey: null };
      const decided = await committer.submit(commandOf('renamePasskey', viewer, {}, input));
      return isRefused(decided) ? decided : (decided.entity as Passkey);
    },

    async remove(viewer, id) {
      const decided = await committer.submit(
        commandOf('removeSignInWay', viewer, {}, { way: { kind: 'PASSKEY', id }, clientKey: null }),
      );
      return isRefused(decided) ? decided : { removedId: id };
    },
  };
}

/** The viewer's own, in the order of adding. */
export function passkeysOf(reading: Reading, userId: UserId): Promise<Passkey[]> {
  return reading.query<Passkey>(listSql, [userId]);
}

function unavailable(): Refused {
  return refuse('PASSKEYS_UNAVAILABLE', 'this server is reached by no domain, which passkeys need');
}
