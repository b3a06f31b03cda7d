import type { ElementConfig } from '../wire/wire.ts';
import { PROPERTIES, type PropertyName } from './properties.ts';
import type { Destination, Row } from './rows/property-row.ts';

type Table = typeof PROPERTIES;

/** A GstStructure's fields, as OPEN has them. */
type Structure = Readonly<Record<string, string | number | boolean>>;

/** Types whose property may be without a value; the field is left out then. */
type Unset = 'text' | 'secret' | 'structure';

/** What a property's value is once it was read. */
type ValueOf<Of extends Row> = Of extends { type: 'choice' }
  ? keyof Of['values'] & string
  : {
      text: string;
      secret: string;
      flag: boolean;
      uint: number;
      uint64: bigint;
      texts: Readonly<Record<string, string>>;
      structure: Structure;
    }[Exclude<Of['type'], 'choice'>];

type To = Exclude<Destination['to'], 'element'>;

/** The field that a property fills there, if it does; apart by whether it may be without a value. */
type FieldTo<There extends To, Of extends Row, MayLack> = Of extends {
  to: There;
  field: infer Field extends string;
}
  ? (Of['type'] extends Unset ? true : false) extends MayLack
    ? Field
    : never
  : never;

/** The fields that the rows fill in one of the core's descriptions. */
type FieldsTo<There extends To> = {
  readonly [Name in PropertyName as FieldTo<There, Table[Name], false>]: ValueOf<Table[Name]>;
} & {
  readonly [Name in PropertyName as FieldTo<There, Table[Name], true>]?: ValueOf<Table[Name]>;
};

/** All properties by where they go, under the fields' names and in their units. */
export type PropertyValues = { readonly [There in To]: FieldsTo<There> };

type Given = ElementConfig['properties'][string] | undefined;

/**
 * Reads an element's properties. The element sends them all. One that is missing, as from a plugin
 * that is older than the host, or that is of another type, has its row's default.
 */
export function readProperties(given: ElementConfig['properties']): PropertyValues {
  const values: Record<To, Record<string, unknown>> = {
    stream: {},
    client: {},
    storage: {},
    connection: {},
    credentials: {},
    host: {},
  };
  for (const [name, row] of Object.entries<Row>(PROPERTIES)) {
    if (row.to === 'element') continue;
    const value = readValue(row, given[name]);
    if (value !== undefined) values[row.to][row.field] = value;
  }
  return values as PropertyValues;
}

function readValue(row: Row, value: Given): unknown {
  switch (row.type) {
    case 'text':
    case 'secret':
      return typeof value === 'string' && value !== '' && value !== row.unset ? value : undefined;
    case 'flag':
      return typeof value === 'boolean' ? value : row.default;
    case 'uint': {
      const number = typeof value === 'number' && Number.isFinite(value) ? value : row.default;
      return (number === 0 && row.zero === 'default' ? row.default : number) * (row.times ?? 1);
    }
    case 'uint64':
      return readBigint(value) ?? row.default;
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(row.values, value) ? value : row.default;
    case 'texts':
      return textFields(readStructure(value));
    case 'structure':
      return readStructure(value);
  }
}

/** The element writes numbers beyond 2^53 as text. */
function readBigint(value: Given): bigint | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function readStructure(value: Given): Structure | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}

function textFields(structure: Structure = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(structure).map(([name, value]) => [name, `${value}`]));
}
