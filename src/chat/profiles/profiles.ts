import type { Queryable, Statement } from '../../db/queryable.ts';
import type { Command } from '../command.ts';
import type { UserId, UserProfile, UserStatus } from '../model.ts';
import { type Refused, refuse } from '../refusal.ts';
import { countCodePoints, isLine, isStorable, isVisible, textLimits } from '../text.ts';

/** What to change of a profile. Undefined: unchanged; null: cleared. */
export interface ProfileChange {
  readonly bio?: string | null | undefined;
  readonly pronouns?: string | null | undefined;
  readonly timeZone?: string | null | undefined;
  readonly status?: StatusChange | null | undefined;
}

export interface StatusChange extends Omit<UserStatus, 'expiresAt'> {
  /** Counted from when it is written, so that no other clock matters. Null: it stays. */
  readonly expiresInSeconds: number | null;
}

/** A year: what is meant for longer is no status. */
export const statusSecondsLimit = 31_536_000;

export const emptyProfile: UserProfile = { bio: null, pronouns: null, timeZone: null, status: null };

interface ProfileRow extends Omit<UserProfile, 'status'> {
  readonly userId: UserId;
  readonly statusText: string | null;
  readonly statusEmoji: string | null;
  readonly statusExpiresAt: Date | null;
}

const profilesSql = `
  SELECT user_id AS "userId", bio, pronouns, time_zone AS "timeZone", status_text AS "statusText",
    status_emoji AS "statusEmoji", status_expires_at AS "statusExpiresAt"
  FROM user_profile WHERE user_id = ANY($1::uuid[])`;

/** In the order of `ids`; of people who told nothing an empty one. A status that has expired is still there. */
export async function readProfiles(source: Queryable, ids: readonly UserId[]): Promise<UserProfile[]> {
  const rows = await source.query<ProfileRow>(profilesSql, [ids]);
  const byId = new Map(rows.map(({ userId, ...row }) => [userId, toProfile(row)]));
  return ids.map((id) => byId.get(id) ?? emptyProfile);
}

function toProfile({ bio, pronouns, timeZone, ...status }: Omit<ProfileRow, 'userId'>): UserProfile {
  const { statusText: text, statusEmoji: emoji, statusExpiresAt: expiresAt } = status;
  return { bio, pronouns, timeZone, status: text === null ? null : { text, emoji, expiresAt } };
}

/** As it is kept: without blanks at both ends, what is blank cleared, the time zone by its name. Or why it is not. */
export function readProfileChange(asked: ProfileChange): ProfileChange | Refused {
  const bio = trimmed(asked.bio);
  const pronouns = trimmed(asked.pronouns);
  const timeZone = asked.timeZone ? timeZoneOf(asked.timeZone) : asked.timeZone;
  const status = asked.status ? { ...asked.status, text: asked.status.text.trim() } : asked.status;
  if (bio && !isBio(bio)) {
    const rule = `a bio is well-formed text of at most ${textLimits.bioCodePoints} code points`;
    return refuse('BIO_INVALID', rule, ['input', 'bio']);
  }
  if (pronouns && !isLine(pronouns, textLimits.pronounsCodePoints)) {
    const rule = `pronouns are one line of at most ${textLimits.pronounsCodePoints} code points`;
    return refuse('PRONOUNS_INVALID', rule, ['input', 'pronouns']);
  }
  if (asked.timeZone && !timeZone) {
    return refuse('TIME_ZONE_INVALID', 'there is no time zone of this name', ['input', 'timeZone']);
  }
  const refused = status && checkStatus(status);
  return refused || { bio, pronouns, timeZone, status };
}

export function changeProfile(before: UserProfile, { status, ...change }: ProfileChange, now: Date): UserProfile {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  return {
    ...before,
    ...Object.fromEntries(given),
    status: status === undefined ? before.status : status && statusFrom(status, now),
  };
}

function statusFrom({ text, emoji, expiresInSeconds }: StatusChange, now: Date): UserStatus {
  return {
    text,
    emoji,
    expiresAt: expiresInSeconds === null ? null : new Date(now.getTime() + expiresInSeconds * 1_000),
  };
}

/** Profiles that the commands of a batch change; see Facts. */
export class ProfileFacts {
  readonly #profiles: Map<UserId, UserProfile>;
  readonly #changed = new Map<UserId, UserProfile>();

  constructor(profiles: ReadonlyMap<UserId, UserProfile> = new Map()) {
    this.#profiles = new Map(profiles);
  }

  profile(id: UserId): UserProfile {
    return this.#profiles.get(id) ?? emptyProfile;
  }

  put(id: UserId, profile: UserProfile): void {
    this.#profiles.set(id, profile);
    this.#changed.set(id, profile);
  }

  get effects(): readonly Statement[] {
    const rows = [...this.#changed];
    if (rows.length === 0) return [];
    const sql = `
      INSERT INTO user_profile (user_id, bio, pronouns, time_zone, status_text, status_emoji, status_expires_at)
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
      ON CONFLICT (user_id) DO UPDATE SET bio = excluded.bio, pronouns = excluded.pronouns,
        time_zone = excluded.time_zone, status_text = excluded.status_text, status_emoji = excluded.status_emoji,
        status_expires_at = excluded.status_expires_at`;
    const of = <Value>(get: (profile: UserProfile) => Value) => rows.map(([, profile]) => get(profile));
    const parameters = [
      rows.map(([id]) => id),
      of(({ bio }) => bio),
      of(({ pronouns }) => pronouns),
      of(({ timeZone }) => timeZone),
      of(({ status }) => status?.text ?? null),
      of(({ status }) => status?.emoji ?? null),
      of(({ status }) => status?.expiresAt ?? null),
    ];
    return [{ sql, parameters }];
  }
}

/** Asks nothing where no command of the batch changes a profile. */
export async function loadProfileFacts(tx: Queryable, commands: readonly Command[]): Promise<ProfileFacts> {
  const ids = commands.flatMap((command) =>
    command.verb === 'updateUser' && command.input.profile ? [command.actorId] : [],
  );
  if (ids.length === 0) return new ProfileFacts();
  const profiles = await readProfiles(tx, ids);
  return new ProfileFacts(new Map(ids.map((id, index) => [id, profiles[index] ?? emptyProfile])));
}

function trimmed(text: string | null | undefined): string | null | undefined {
  return typeof text === 'string' ? text.trim() || null : text;
}

function isBio(text: string): boolean {
  return isStorable(text) && isVisible(text) && countCodePoints(text) <= textLimits.bioCodePoints;
}

/** Names alone: Intl would take offsets too. Null: there is none such. */
function timeZoneOf(name: string): string | null {
  if (name.length > 64 || !/^[a-z][a-z0-9_+\-/]*$/i.test(name)) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

function checkStatus({ text, emoji, expiresInSeconds }: StatusChange): Refused | null {
  if (expiresInSeconds !== null && (expiresInSeconds < 1 || expiresInSeconds > statusSecondsLimit)) {
    const rule = `a status is over in 1 to ${statusSecondsLimit} seconds, or stays`;
    return refuse('STATUS_INVALID', rule, ['input', 'status', 'expiresInSeconds']);
  }
  if (!isLine(text, textLimits.statusCodePoints)) {
    const rule = `the text of a status is one line of visible, well-formed text of at most ${textLimits.statusCodePoints} code points`;
    return refuse('STATUS_INVALID', rule, ['input', 'status', 'text']);
  }
  if (emoji === null || isEmoji(emoji)) return null;
  return refuse('STATUS_INVALID', 'the emoji of a status is one emoji', ['input', 'status', 'emoji']);
}

// The flag is not known to the compiler's target; the longest emoji have ten code points.
const oneEmoji = '^\\p{RGI_Emoji}$';
const emojiPattern = new RegExp(oneEmoji, 'v');

/** Also without the variation selector that keyboards leave away. */
function isEmoji(text: string): boolean {
  return text.length <= 40 && (emojiPattern.test(text) || emojiPattern.test(`${text}\uFE0F`));
}
