import { PROPERTIES } from '../settings/properties.ts';
import type { Row } from '../settings/rows/property-row.ts';

/** By the fields that their values go into. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ...Object.entries<Row>(PROPERTIES).flatMap(([name, row]): [string, string][] =>
    row.to === 'element' ? [] : [[row.field, nameOf(name, row)]],
  ),
  // Not a property: the caps have it.
  ['codecData', 'codec_data'],
]);

/** A field in a text: `streamName` anywhere, a plain word like `tags` where the text begins. */
const FIELDS = [...NAMES.keys()];
const PATTERN = new RegExp(
  `\\b(?:(?:deviceInfo|clientInfo|storageInfo)\\.)*(${FIELDS.filter(isUnmistakable).join('|')})\\b` +
    `|^(${FIELDS.join('|')})\\b`,
  'g',
);

/**
 * A text of the core's for whoever wrote the pipeline: with the names of properties in place of the
 * API's fields.
 */
export function inPropertyNames(text: string): string {
  return text.replace(
    PATTERN,
    (field, anywhere: string | undefined, atStart: string | undefined) =>
      NAMES.get(anywhere ?? atStart ?? '') ?? field,
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
