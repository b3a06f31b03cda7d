import { PROPERTIES } from '../settings/properties.ts';
import type { Row } from '../settings/rows/property-row.ts';

/** Which fields a text may name, and what the user calls them. */
type FieldNames = {
  /** `streamName` anywhere, a plain word like `tags` where the text begins. */
  readonly pattern: RegExp;
  /** The names of the properties that their values come from. */
  readonly byField: ReadonlyMap<string, string>;
};

let names: FieldNames | undefined;

function fieldNames(): FieldNames {
  const byField = new Map<string, string>();
  for (const [name, row] of Object.entries<Row>(PROPERTIES)) {
    if (row.to !== 'element') byField.set(row.field, nameOf(name, row));
  }
  // Not a property: the caps have it.
  byField.set('codecData', 'codec_data');
  const fields = [...byField.keys()];
  const pattern = new RegExp(
    `\\b(?:(?:deviceInfo|clientInfo|storageInfo)\\.)*(${fields.filter(isUnmistakable).join('|')})\\b` +
      `|^(${fields.join('|')})\\b`,
    'g',
  );
  return { pattern, byField };
}

/**
 * A text of the core's for whoever wrote the pipeline: with the names of properties in place of the
 * API's fields.
 */
export function inPropertyNames(text: string): string {
  // Made with the first text, which most pipelines never have.
  names ??= fieldNames();
  const { pattern, byField } = names;
  return text.replace(
    pattern,
    (field, anywhere: string | undefined, atStart: string | undefined) =>
      byField.get(anywhere ?? atStart ?? '') ?? field,
  );
}

/** The name; with the unit of the field, of which the text speaks, where the property has another. */
function nameOf(name: string, row: Row): string {
  if (row.to === 'element' || row.type !== 'uint' || row.times === undefined) return name;
  if (row.field.endsWith('Ms')) return `${name} in milliseconds`;
  return row.field.endsWith('Ns') ? `${name} in nanoseconds` : `${name} in bytes`;
}

function isUnmistakable(field: string): boolean {
  return /[a-z][A-Z]/.test(field);
}
