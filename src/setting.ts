/** The kinds of settings: how the text of an environment variable becomes a value, and how it is described. */
import { z } from 'zod';

export interface Setting<Value> {
  /** Of the environment variable. */
  readonly name: string;
  /** What a value must be, in words: follows "expected" in an error. */
  readonly type: string;
  /** Of the number; null where there is none. */
  readonly unit: string | null;
  /** As one would write it; null is unset. */
  readonly default: string | null;
  readonly description: string;
  /** Takes text that is not empty. */
  readonly schema: z.ZodType<Value, string>;
  readonly whenUnset: Value;
}

interface About {
  readonly description: string;
}

export function text(name: string, about: About & { readonly default: string }): Setting<string> {
  return setting(name, { ...about, type: 'text', schema: z.string() });
}

export function wholeNumber(
  name: string,
  about: About & { readonly default: number; readonly unit: string | null; readonly from: number; readonly to: number },
): Setting<number> {
  const { from, to } = about;
  return setting(name, {
    ...about,
    default: String(about.default),
    type: `a whole number from ${from} to ${to}`,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.number().int().min(from).max(to)),
  });
}

/** A whole number, or null where unset. */
export function optionalNumber(
  name: string,
  about: About & { readonly unit: string; readonly from: number; readonly to: number },
): Setting<number | null> {
  const given = wholeNumber(name, { ...about, default: about.from });
  return { ...given, default: null, whenUnset: null };
}

export function rate(
  name: string,
  about: About & { readonly default: number; readonly unit: string },
): Setting<number> {
  const description = `${about.description}; 0 is no limit.`;
  return wholeNumber(name, { ...about, description, from: 0, to: 1_000_000 });
}

export function yesOrNo(name: string, about: About & { readonly default: boolean }): Setting<boolean> {
  return setting(name, {
    ...about,
    default: String(about.default),
    type: 'true or false',
    schema: z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
  });
}

export function oneOf<const Value extends string>(
  name: string,
  values: readonly Value[],
  about: About & { readonly default: NoInfer<Value> },
): Setting<Value> {
  return setting(name, { ...about, type: values.join(', '), schema: z.string().pipe(z.enum(values)) });
}

/** Origins (scheme, host, port) with commas between them, in the spelling that browsers send. */
export function origins(name: string, about: About): Setting<readonly string[]> {
  return {
    name,
    ...about,
    type: 'origins with commas between them, such as https://chat.example.org',
    unit: null,
    default: null,
    schema: z
      .string()
      .transform((list) => list.split(',').map((one) => one.trim()))
      .refine((list) => list.every(isOrigin)),
    whenUnset: [],
  };
}

/** Text, or null where unset. */
export function optionalText(name: string, about: About): Setting<string | null> {
  return { name, ...about, type: 'text', unit: null, default: null, schema: z.string(), whenUnset: null };
}

/** One origin (scheme, host, port) in the spelling that browsers send, or null where unset. */
export function origin(name: string, about: About): Setting<string | null> {
  const type = 'an origin such as https://chat.example.org, without a path';
  return { name, ...about, type, unit: null, default: null, schema: z.string().refine(isOrigin), whenUnset: null };
}

/** An issuer of OpenID Connect: https, or http on this machine. Null where unset. */
export function issuerUrl(name: string, about: About): Setting<string | null> {
  const type = 'an https:// URL as the provider writes it (http:// on localhost alone)';
  const schema = z
    .string()
    .refine((url) => URL.canParse(url) && /^(https:|http:\/\/(localhost|127\.0\.0\.1)[:/])/.test(url));
  return { name, ...about, type, unit: null, default: null, schema, whenUnset: null };
}

/** A postgres:// URL, or null where unset. */
export function postgresUrl(name: string, about: About): Setting<string | null> {
  const type = 'postgres://user:password@host:5432/database';
  const schema = z.string().refine((url) => /^postgres(ql)?:\/\/./.test(url) && URL.canParse(url));
  return { name, ...about, type, unit: null, default: null, schema, whenUnset: null };
}

/** Where Redis is, or null where unset: one server, the nodes of a Cluster, the sentinels of a primary, a Unix socket. */
export function redisUrl(name: string, about: About): Setting<string | null> {
  const type =
    'redis://user:password@host:6379 (rediss:// with TLS; several hosts of a Cluster with commas between them), redis+sentinel://host:26379,host:26379/primary, or unix:///path';
  const hosts = String.raw`(?:\[[0-9a-fA-F:.]+\]|[^\s:/,@[\]]+)(?::\d{1,5})?`;
  const list = `${hosts}(?:,${hosts})*`;
  const user = '(?:[^@]*@)?';
  const shape = new RegExp(
    String.raw`^(?:rediss?://${user}${list}(?:/\d*)?|rediss?\+sentinel://${user}${list}/[^\s/]+|unix://${user}/\S+)$`,
  );
  return { name, ...about, type, unit: null, default: null, schema: z.string().regex(shape), whenUnset: null };
}

function setting<Value>(
  name: string,
  about: About & { default: string; unit?: string | null; type: string; schema: z.ZodType<Value, string> },
): Setting<Value> {
  const { description, type, schema } = about;
  return {
    name,
    type,
    unit: about.unit ?? null,
    default: about.default,
    description,
    schema,
    whenUnset: schema.parse(about.default),
  };
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}
