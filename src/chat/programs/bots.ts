import type { Committer } from '../../log/append.ts';
import { sessionOf } from '../accounts/credentials.ts';
import { checkHandle, foldHandle } from '../accounts/handles.ts';
import { type Command, type CommandInputs, commandOf } from '../command.ts';
import type { Outcome, PageOf, PageRequest } from '../contract.ts';
import type { Decided } from '../decision.ts';
import type { Facts } from '../facts.ts';
import type { Bot, User, UserId, Viewer } from '../model.ts';
import { readKeysetPage } from '../page.ts';
import type { Reading } from '../reading.ts';
import { isRefused, type Refused } from '../refusal.ts';
import { userColumns } from '../rows.ts';
import { checkClientKey, checkDisplayName } from '../text.ts';

/** Programs that take part as people of their own, run by a member. They sign in by API tokens alone. */
export interface Bots {
  /** ACCOUNT_REQUIRED: guests have none. */
  create(viewer: Viewer, input: CreateBot): Promise<Outcome<Bot>>;
  update(viewer: Viewer, input: UpdateBot): Promise<Outcome<Bot>>;
  /** Its tokens end, it leaves its rooms, its handle is free; its messages stay. Entity: who it was. */
  delete(viewer: Viewer, input: DeleteBot): Promise<Outcome<User>>;
}

interface Keyed {
  readonly clientKey: string | null;
}
export interface CreateBot extends Keyed {
  readonly handle: string;
  readonly displayName: string;
}
export interface UpdateBot extends Keyed {
  readonly botId: UserId;
  /** Undefined: unchanged. */
  readonly handle: string | undefined;
  readonly displayName: string | undefined;
}
export interface DeleteBot extends Keyed {
  readonly botId: UserId;
}

export interface BotsOptions {
  readonly committer: Pick<Committer<Command, Facts, Decided>, 'submit'>;
  readonly newReading: () => Reading;
  readonly newId: () => string;
  /** What else there is of a bot that is deleted goes from then on. */
  readonly onDeleted: () => void;
}

type BotVerb = 'createBot' | 'updateBot' | 'deleteBot';

const botSql = `
  SELECT bot.created_at AS "createdAt", person.*
  FROM bot, LATERAL (SELECT ${userColumns} FROM user_account WHERE id = bot.user_id) AS person
  WHERE owner_id = $1`;

export function createBots({ committer, newReading, newId, onDeleted }: BotsOptions): Bots {
  async function run<Entity>(
    viewer: Viewer,
    verb: BotVerb,
    asked: object,
    input: CommandInputs[BotVerb],
    read: (reading: Reading, botId: UserId) => Promise<Entity | null>,
  ): Promise<Outcome<Entity>> {
    const decided = await committer.submit(commandOf(verb, viewer, asked, input));
    if (isRefused(decided)) return decided;
    const { mark, head, replayed } = decided;
    return { entity: await read(newReading(), decided.entityId as UserId), mark, head, replayed };
  }

  const readBot =
    ({ user }: Viewer) =>
    (reading: Reading, botId: UserId) =>
      botById(reading, user.id, botId);

  return {
    async create(viewer, { handle: given, displayName: givenName, clientKey }) {
      sessionOf(viewer);
      const handle = foldHandle(given);
      const displayName = givenName.trim();
      const refused = checkClientKey(clientKey) ?? checkHandle(handle) ?? checkDisplayName(displayName);
      if (refused) return refused;
      const asked = { handle, displayName };
      const input = { ...asked, botId: newId() as UserId, clientKey };
      return run(viewer, 'createBot', asked, input, readBot(viewer));
    },

    async update(viewer, { botId, handle: given, displayName: givenName, clientKey }) {
      sessionOf(viewer);
      const handle = given === undefined ? undefined : foldHandle(given);
      const displayName = givenName?.trim();
      const refused = checkClientKey(clientKey) ?? checkGiven(handle, displayName);
      if (refused) return refused;
      const input = { botId, handle, displayName, clientKey };
      return run(viewer, 'updateBot', input, input, readBot(viewer));
    },

    async delete(viewer, input) {
      sessionOf(viewer);
      const refused = checkClientKey(input.clientKey);
      if (refused) return refused;
      const outcome = await run(viewer, 'deleteBot', input, input, async (reading, botId) => reading.users.load(botId));
      onDeleted();
      return outcome;
    },
  };
}

/** The viewer's own, in the order of making. */
export async function bots(reading: Reading, viewer: Viewer, page: PageRequest<UserId>): Promise<PageOf<Bot>> {
  const found = await readKeysetPage<User & { createdAt: Date }, UserId>(reading, page, {
    select: botSql,
    parameters: [viewer.user.id],
    key: 'user_id',
    keyType: 'uuid',
  });
  return { ...found, rows: found.rows.map(toBot) };
}

async function botById(reading: Reading, ownerId: UserId, botId: UserId): Promise<Bot | null> {
  const [row] = await reading.query<User & { createdAt: Date }>(`${botSql} AND user_id = $2`, [ownerId, botId]);
  return row ? toBot(row) : null;
}

function toBot({ createdAt, ...user }: User & { readonly createdAt: Date }): Bot {
  return { user, createdAt };
}

function checkGiven(handle: string | undefined, displayName: string | undefined): Refused | null {
  return (
    (handle === undefined ? null : checkHandle(handle)) ??
    (displayName === undefined ? null : checkDisplayName(displayName))
  );
}
