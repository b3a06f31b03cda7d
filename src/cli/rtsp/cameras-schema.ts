import { PROPERTIES } from '../../host/settings/properties.ts';
import type { Row } from '../../host/settings/rows/property-row.ts';
import { FIELDS, type Field, SINK_NAMES } from './camera-fields.ts';

type Schema = { readonly [key: string]: unknown };

/** The JSON Schema (draft 07, which editors read) of the file that `kvs-launch rtsp --cameras` reads. */
export function camerasSchema(): Schema {
  const fields: [string, Field][] = Object.entries(FIELDS);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'cameras.yaml',
    description: 'Network cameras for kvs-launch rtsp --cameras.',
    type: 'object',
    additionalProperties: false,
    required: ['cameras'],
    properties: {
      defaults: {
        description: 'What all cameras have in common; a camera’s own fields replace it.',
        ...objectSchema(fields.filter(([, field]) => field.isOwn !== true)),
      },
      cameras: {
        type: 'array',
        minItems: 1,
        items: {
          ...objectSchema(fields),
          required: ['url'],
          anyOf: [{ required: ['name'] }, { required: ['stream'] }],
        },
      },
    },
  };
}

function objectSchema(fields: readonly [string, Field][]): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      fields.map(([name, field]) => [name, { description: field.about, ...fieldSchema(field) }]),
    ),
  };
}

function fieldSchema(field: Field): Schema {
  switch (field.kind) {
    case 'text':
      return { type: 'string', minLength: 1 };
    case 'flag':
      return { type: 'boolean' };
    case 'number':
      return { type: field.isWhole === true ? 'integer' : 'number', minimum: field.least };
    case 'choice':
      return { enum: field.values };
    case 'properties':
      return {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries<Row>(PROPERTIES)
            .filter(([name]) => SINK_NAMES.includes(name))
            .map(([name, row]) => [name, { description: row.about, ...propertySchema(row) }]),
        ),
      };
  }
}

function propertySchema(row: Row): Schema {
  switch (row.type) {
    case 'flag':
      return { type: 'boolean' };
    case 'choice':
      return { enum: Object.keys(row.values) };
    case 'uint':
      return {
        type: 'integer',
        minimum: row.range?.[0] ?? 0,
        maximum: row.range?.[1] ?? 2 ** 32 - 1,
      };
    case 'uint64':
      return { type: 'integer', minimum: 0 };
    default:
      return { type: ['string', 'number'] };
  }
}
