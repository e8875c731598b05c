/** Codes of refusals by a mutation, each with what the caller should do. The table of the schema's ErrorCode. */
export const refusalCodes = {
  TEXT_EMPTY: 'The text has nothing visible in it: send at least one visible character.',
  TEXT_TOO_LONG: 'The text is over the limit, counted in Unicode code points: shorten it.',
  TEXT_INVALID: 'The text holds U+0000 or a lone surrogate: send well-formed Unicode.',
  NAME_INVALID: 'The room name is empty, too long or not one line of well-formed Unicode: correct it.',
  TOPIC_INVALID: 'The topic is too long or not well-formed Unicode: correct it.',
  SLUG_INVALID: 'The slug is not 2 to 40 of a-z, 0-9 and single hyphens, or was given for a private room: correct it.',
  SLUG_TAKEN: 'Another room has this slug: choose another.',
  DISPLAY_NAME_INVALID: 'The display name is empty, too long or not one line of well-formed Unicode: correct it.',
  BIO_INVALID: 'The bio is too long, or nothing that can be shown: correct it.',
  PRONOUNS_INVALID: 'The pronouns are too long or not one line of well-formed Unicode: correct them.',
  TIME_ZONE_INVALID: 'There is no time zone of this name: use one of the IANA database, as Europe/Berlin.',
  STATUS_INVALID:
    'The status is empty, too long or not one line of well-formed Unicode, its emoji not one emoji, or its time out of range: correct it.',
  HANDLE_INVALID:
    'The handle is not 2 to 30 of a-z, 0-9, _ and . that begin with a letter and end without a dot: correct it.',
  HANDLE_TAKEN: 'Somebody else, or the server itself, has this handle: choose another.',
  PASSWORD_INVALID: 'The password is not 8 to 200 code points of well-formed Unicode: correct it.',
  PASSWORD_COMMON: 'The password is one of those that are guessed first: choose another.',
  PASSWORD_WRONG: 'The current password is another: check it.',
  SIGN_IN_AGAIN:
    'You signed in too long ago for this: confirm who you are (confirmWithPassword, confirmWithPasskey) or sign in anew, then repeat it.',
  CONTENT_NOT_OFFERED: 'This server does not offer this to those who leave: see Server.deletedContent.',
  SIGN_IN_FAILED: 'There is nobody with this handle and this password: check both.',
  ALREADY_SIGNED_UP: 'You have an account already: sign out first to make another.',
  ACCOUNT_REQUIRED: 'Guests have neither handle nor password: sign up first.',
  PASSKEY_REFUSED: 'The passkey is not known here, or its challenge has expired or was used: ask for new options.',
  PASSKEY_NAME_INVALID:
    'The name of the passkey is empty, too long or not one line of well-formed Unicode: correct it.',
  PASSKEYS_UNAVAILABLE: 'This server is reached by no domain, which passkeys need: sign in another way.',
  TOO_MANY_PASSKEYS: 'You have as many passkeys as one person may have: remove one first.',
  LAST_SIGN_IN_WAY: 'You could not sign in any more: add another way first.',
  TOKEN_NAME_INVALID: 'The name of the token is empty, too long or not one line of well-formed Unicode: correct it.',
  SCOPES_EMPTY: 'A token without a scope can do nothing: name at least one.',
  EXPIRY_INVALID: 'A token expires in 1 to 3,650 days, or not at all: choose one of these.',
  TOO_MANY_API_TOKENS: 'There are as many tokens as one person or bot may have: revoke one first.',
  TOO_MANY_BOTS: 'You have as many bots as one person may have: delete one first.',
  RETENTION_INVALID: 'The time is out of the bounds of this server: see Server.messageRetention.',
  NOT_FOUND: 'What the id names does not exist or is not yours to see: check the id.',
  NOT_A_MEMBER: 'Only members may do this: join the room first.',
  FORBIDDEN: 'Your role does not allow this: ask an owner of the room, or the author.',
  LAST_OWNER: 'The room would be left without an owner: make another member an owner first.',
  VERSION_CONFLICT: 'It was changed meanwhile: read it again and repeat with its current version.',
  MESSAGE_DELETED: 'The message was deleted: it cannot be edited any more.',
  KEY_INVALID: 'The client key is empty, over 100 characters or not printable ASCII: make another.',
  KEY_CONFLICT: 'This client key was used for another input: use a new key for a new command.',
  RATE_LIMITED: 'Too many of these in a short time: wait retryAfterMs, then repeat.',
  COOKIE_UNAVAILABLE: 'A cookie can only be set in answer to HTTP: ask for a token, or sign in over HTTP.',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

/** An expected no: a value, not an exception. `path` names the input field, from the input downwards. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly path: readonly string[] | null;
  /** With VERSION_CONFLICT. */
  readonly currentVersion?: number;
  /** With RATE_LIMITED. */
  readonly bucket?: string;
  /** With RATE_LIMITED: milliseconds to wait. */
  readonly retryAfterMs?: number;
}

export type Refused = { readonly refusal: Refusal };

export function refuse(
  code: RefusalCode,
  message: string,
  path: readonly string[] | null = null,
  details: Pick<Refusal, 'currentVersion' | 'bucket' | 'retryAfterMs'> = {},
): Refused {
  return { refusal: { code, message: `${code}: ${message}`, path, ...details } };
}

export function isRefused(value: object): value is Refused {
  return 'refusal' in value;
}
