/** What a member of a request may be: the constraints of AWS's service models as data. */
export type Shape =
  | StringShape
  | IntegerShape
  | TimestampShape
  | BooleanShape
  | MapShape
  | {
      readonly kind: 'list';
      readonly min?: number;
      readonly max?: number;
      readonly member: Shape;
    }
  | { readonly kind: 'structure'; readonly members: Members; readonly required: readonly string[] };

export type StringShape<V extends string = string> = {
  readonly kind: 'string';
  readonly min?: number;
  readonly max?: number;
  /** As the model spells it; shown in the message and matched against the whole value. */
  readonly pattern?: string;
  readonly values?: readonly V[];
};
export type IntegerShape = {
  readonly kind: 'integer';
  readonly min?: number;
  readonly max?: number;
};
/** Seconds since the epoch as a JSON number, or an ISO 8601 date. */
export type TimestampShape = { readonly kind: 'timestamp' };
export type BooleanShape = { readonly kind: 'boolean' };
export type ListShape<M extends Shape> = {
  readonly kind: 'list';
  readonly min?: number;
  readonly max?: number;
  readonly member: M;
};
export type MapShape = {
  readonly kind: 'map';
  readonly min?: number;
  readonly max?: number;
  readonly key: StringShape;
  readonly value: StringShape;
};
export type Members = { readonly [name: string]: Shape };
export type StructureShape<M extends Members, R extends string> = {
  readonly kind: 'structure';
  readonly members: M;
  readonly required: readonly R[];
};

/** The TypeScript type of a value that passed validation against the shape `S`. */
export type ValueOf<S> =
  S extends StringShape<infer V>
    ? V
    : S extends IntegerShape
      ? number
      : S extends TimestampShape
        ? number
        : S extends BooleanShape
          ? boolean
          : S extends ListShape<infer M>
            ? ValueOf<M>[]
            : S extends MapShape
              ? Record<string, string>
              : S extends StructureShape<infer M, infer R>
                ? { [K in keyof M & R]: ValueOf<M[K]> } & {
                    [K in Exclude<keyof M, R>]?: ValueOf<M[K]> | undefined;
                  }
                : never;

/** A string of `min` to `max` characters matching `pattern`. */
export function text(min: number, max: number, pattern?: string): StringShape {
  return { kind: 'string', min, max, ...(pattern === undefined ? {} : { pattern }) };
}

/** One of a set of strings. */
export function oneOf<const V extends string>(...values: V[]): StringShape<V> {
  return { kind: 'string', values };
}

/** A whole number of at least `min` and at most `max`. */
export function integer(min: number, max?: number): IntegerShape {
  return { kind: 'integer', min, ...(max === undefined ? {} : { max }) };
}

/** Seconds since the epoch; validated values are milliseconds. */
export const timestamp: TimestampShape = { kind: 'timestamp' };

/** True or false. */
export const boolean: BooleanShape = { kind: 'boolean' };

export function list<M extends Shape>(min: number, max: number, member: M): ListShape<M> {
  return { kind: 'list', min, max, member };
}

export function map(min: number, max: number, key: StringShape, value: StringShape): MapShape {
  return { kind: 'map', min, max, key, value };
}

/** An object; members that are not named are ignored, as AWS ignores them. */
export function structure<M extends Members, R extends keyof M & string = never>(
  members: M,
  ...required: R[]
): StructureShape<M, R> {
  return { kind: 'structure', members, required };
}
