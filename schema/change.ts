import type { ObjectRef } from '@pothos/core';
import type { Outcome } from '../src/chat/contract.ts';
import type { Viewer } from '../src/chat/model.ts';
import { isRefused, type Refusal, type RefusalCode, type Refused, refuse } from '../src/chat/refusal.ts';
import { textLimits } from '../src/chat/text.ts';
import type { Mark } from '../src/log/position.ts';
import { Fault } from '../src/observe/fault.ts';
import { requireViewer } from './access.ts';
import { builder } from './builder.ts';
import type { Context, RateBucket } from './context.ts';
import { UserErrorRef } from './errors.ts';

declare module 'graphql' {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters must repeat those of graphql's own declaration.
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs = any> {
    /** Of a mutation: the codes that it can give in `errors`. */
    refusalCodes?: readonly RefusalCode[];
  }
}

export interface ChangeOptions {
  /** What the mutation does, for the schema's reader. */
  readonly does: string;
  /** What it counts against; null: not limited. */
  readonly bucket: RateBucket | null;
  /** What it may refuse with; RATE_LIMITED comes with the bucket. */
  readonly codes: readonly RefusalCode[];
}

/** Answer of a mutation that writes the log. */
export interface ChangeAnswer<Entity> {
  readonly entity: Entity | null;
  /** Of the (last) event that it wrote; null: none. */
  readonly mark: Mark | null;
  readonly replayed: boolean;
  readonly errors: readonly Refusal[];
}

/** One mutation's rule of refusing: the codes that it declares are those of its description, and the only ones it gives. */
export class Change {
  readonly codes: readonly RefusalCode[];
  readonly #does: string;
  readonly #bucket: RateBucket | null;

  constructor(options: ChangeOptions) {
    this.#does = options.does;
    this.#bucket = options.bucket;
    this.codes = options.bucket ? [...options.codes, 'RATE_LIMITED'] : options.codes;
  }

  /** Options of the mutation's field. */
  get field() {
    return { description: `${this.#does} ${errorsSentence(this.codes)}`, extensions: { refusalCodes: this.codes } };
  }

  /** Runs `act` within the rate. Throws INTERNAL for a refusal whose code was not declared. */
  async attempt<Value extends object>(
    context: Context,
    act: () => Promise<Value | Refused> | Value | Refused,
  ): Promise<Value | Refused> {
    const renewed = context.renew();
    if (renewed !== null) await renewed;
    return this.#overRate(await this.#spend(context)) ?? this.#declared(await act());
  }

  /** Runs a command of the log and makes its answer; later reads of the operation see what it wrote. */
  async run<Entity>(
    context: Context,
    act: (actor: Viewer) => Promise<Outcome<Entity>> | Refused,
  ): Promise<ChangeAnswer<Entity>> {
    const renewed = context.renew();
    if (renewed !== null) await renewed;
    const viewer = requireViewer(context);
    const outcome = this.#overRate(await this.#spend(context)) ?? this.#declared(await act(viewer));
    if (isRefused(outcome)) return { entity: null, mark: null, replayed: false, errors: [outcome.refusal] };
    const { entity, mark, head, replayed } = outcome;
    const committed = context.committed(head);
    if (committed !== null) await committed;
    return { entity, mark, replayed, errors: [] };
  }

  #spend(context: Context): Promise<number | null> | null {
    return this.#bucket && context.spend(this.#bucket);
  }

  #overRate(retryAfterMs: number | null): Refused | null {
    const bucket = this.#bucket;
    if (bucket === null || retryAfterMs === null) return null;
    return refuse('RATE_LIMITED', `too many ${bucket}: wait ${retryAfterMs} ms`, null, { bucket, retryAfterMs });
  }

  #declared<Value extends object>(result: Value | Refused): Value | Refused {
    if (isRefused(result) && !this.codes.includes(result.refusal.code)) {
      throw new Fault('INTERNAL', `a mutation refused with the undeclared code ${result.refusal.code}`);
    }
    return result;
  }
}

/** The fixed form in which a description lists the codes. */
export function errorsSentence(codes: readonly RefusalCode[]): string {
  return `Errors: ${codes.length > 0 ? codes.join(', ') : 'none'}.`;
}

/** Description of `errors`, the same in all payloads. */
export const errorsDescription = 'Why nothing was changed. Empty when the mutation did what was asked.';

/** Payload of a mutation that writes the log; `entity` is what it made or changed. */
export function changePayload<Entity>(
  name: string,
  entity: {
    readonly name: string;
    readonly type: ObjectRef<(typeof builder)['$inferSchemaTypes'], Entity>;
    readonly description: string;
  },
) {
  return builder.objectRef<ChangeAnswer<Entity>>(name).implement({
    description: 'What came of the mutation.',
    fields: (t) => ({
      [entity.name]: t.field({
        type: entity.type,
        nullable: true,
        description: `${entity.description} Null when refused, or when a replayed one is no longer yours to see.`,
        resolve: (answer) => answer.entity as never,
      }),
      cursor: t.field({
        type: 'Cursor',
        nullable: true,
        description: 'Cursor of the (last) event that it wrote. Null when refused, or when nothing had to change.',
        resolve: ({ mark }, _args, { services }) => mark && services.cursors.encode(mark),
      }),
      replayed: t.exposeBoolean('replayed', {
        description: 'True when clientKey had been used before with the same input: nothing was written this time.',
      }),
      errors: t.field({
        type: [UserErrorRef],
        description: errorsDescription,
        resolve: (answer) => [...answer.errors],
      }),
    }),
  });
}

/** Description of `clientKey`, the same in all inputs. */
export const clientKeyDescription = `Makes repeating safe: unique per person for ever, 1 to ${textLimits.clientKeyCharacters} printable ASCII characters without blanks. The same key with the same input gives the same outcome again, with other input KEY_CONFLICT.`;
