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

/** More than anybody has keys for. */
export const passkeysPerPerson = 20;

const passkeyColumns = `id, name, is_backed_up AS "isBackedUp", created_at AS "createdAt", last_used_at AS "lastUsedAt"`;
const listSql = `SELECT ${passkeyColumns} FROM passkey WHERE user_id = $1 ORDER BY id`;
const renameSql = `UPDATE passkey SET name = $3 WHERE id = $1 AND user_id = $2 RETURNING ${passkeyColumns}`;
const holderSql = `
  SELECT is_guest AS "isGuest", coalesce((SELECT json_agg(json_build_object('credentialId', credential_id, 'transports', transports))
    FROM passkey WHERE user_id = $1), '[]') AS keys
  FROM user_account WHERE id = $1`;

const findSql = `
  SELECT person.*, passkey.id AS "passkeyId", credential_id AS "credentialId", public_key AS "publicKey", counter, transports
  FROM passkey, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = passkey.user_id) AS person
  WHERE credential_id = $1`;

// The holder is held, so that an account that is being deleted keeps nothing that is added meanwhile. A socket may not have
// heard yet that its session has ended: what counts is the row.
const addSql = `
  WITH ${spendingSql(11)},
    holder AS (SELECT id FROM user_account WHERE id = $2::uuid AND NOT is_guest AND deleted_at IS NULL
      AND EXISTS (SELECT FROM session WHERE session.id = $13::uuid AND ended_at IS NULL) FOR SHARE)
  INSERT INTO passkey (id, user_id, credential_id, public_key, counter, transports, name, is_backed_up, created_at)
  SELECT $1::uuid, $2::uuid, $3, $4, $5::bigint, $6::text[], $7, $8::bool, $9::timestamptz FROM spent, holder
  WHERE (SELECT count(*) FROM passkey WHERE user_id = $2::uuid) < $10::int
  ON CONFLICT (credential_id) DO NOTHING RETURNING ${passkeyColumns}`;

// Of two that bring the same count one was made by a copy of the key, or is the same one again.
const proofSql = `${spendingSql(11)},
  proof AS (UPDATE passkey SET counter = $9::bigint, is_backed_up = $10::bool, last_used_at = $4::timestamptz FROM spent
    WHERE passkey.id = $8::uuid AND (passkey.counter < $9::bigint OR (passkey.counter = 0 AND $9::bigint = 0))
    RETURNING passkey.user_id)`;

interface Holder {
  readonly isGuest: boolean;
  readonly keys: readonly Pick<PublicKey, 'credentialId' | 'transports'>[];
}
type Found = User & PublicKey & { readonly passkeyId: PasskeyId };

export function createPasskeys(options: PasskeysOptions): Passkeys {
  const { database, committer, opener, challenges, site, newId, clock } = options;

  /** Of now: a socket knows its viewer as they were when it was opened. */
  async function holderOf({ user }: Viewer): Promise<Holder> {
    const [holder] = await database.query<Holder>(holderSql, [user.id]);
    return holder ?? { isGuest: true, keys: [] };
  }

  async function add(site: PasskeySite, viewer: Viewer, name: string, given: Parameters<Passkeys['add']>[1]) {
    const challenge = readChallenge(given.response, 'ADD_PASSKEY', viewer.user.id);
    const key = challenge && (await provenKey(site, given.response));
    if (!key) return notProven();
    const row = [newId(), viewer.user.id, key.credentialId, key.publicKey, key.counter, key.transports, name];
    const rest = [
      key.isBackedUp,
      new Date(clock()),
      passkeysPerPerson,
      challenge.id,
      challenge.expiresAt,
      viewer.credentialId,
    ];
    const [added] = await database.query<Passkey>(addSql, [...row, ...rest]);
    if (added) return added;
    return (await holderOf(viewer)).keys.length < passkeysPerPerson ? notProven() : tooMany();
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
      const { isGuest, keys } = await holderOf(viewer);
      if (isGuest) return accountRequired();
      if (keys.length >= passkeysPerPerson) return tooMany();
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
      const challenge = readChallenge(response, 'SIGN_IN', '');
      const [found] = challenge ? await database.query<Found>(findSql, [response.id]) : [];
      if (!challenge || !found) return notProven();
      const { passkeyId, credentialId, publicKey, counter, transports, ...user } = found;
      const use = await provenUse(site, response, { credentialId, publicKey, counter, transports }, user);
      if (!use) {
        await spendChallenge(database, challenge);
        return notProven();
      }
      const parameters = [passkeyId, use.counter, use.isBackedUp, challenge.id, challenge.expiresAt];
      return (await opener.open(user, origin, { sql: proofSql, parameters })) ?? notProven();
    },

    async rename({ user }, id, given) {
      const name = given.trim();
      const refused = checkPasskeyName(name);
      if (refused) return refused;
      const [renamed] = await database.query<Passkey>(renameSql, [id, user.id, name]);
      return renamed ?? noSuchPasskey();
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

/** One answer for all that may be wrong with a response: the way on is the same, and nobody learns which keys there are. */
function notProven(): Refused {
  const message = 'the passkey is not known here, or its challenge has expired or was used: begin again';
  return refuse('PASSKEY_REFUSED', message, ['input', 'response']);
}

function tooMany(): Refused {
  return refuse('TOO_MANY_PASSKEYS', `you have ${passkeysPerPerson} passkeys: remove one first`);
}

function unavailable(): Refused {
  return refuse('PASSKEYS_UNAVAILABLE', 'this server is reached by no domain, which passkeys need');
}

function noSuchPasskey(): Refused {
  return refuse('NOT_FOUND', 'you have no such passkey', ['input', 'passkeyId']);
}
