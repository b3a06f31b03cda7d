/** A field's value together with the GType that GStreamer is to give it. */
export type GstValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'int' | 'uint' | 'double'; readonly value: number }
  | { readonly type: 'gint64' | 'guint64'; readonly value: bigint };

/** Fields in the order in which they are to be written; undefined ones are left out. */
export type GstFields = Readonly<Record<string, GstValue | undefined>>;

/** A string field. */
export function gstString(value: string): GstValue {
  return { type: 'string', value };
}
/** A boolean field. */
export function gstBoolean(value: boolean): GstValue {
  return { type: 'boolean', value };
}
/** A G_TYPE_INT field. */
export function gstInt(value: number): GstValue {
  return {
    type: 'int',
    value: clamp(Math.trunc(value), -0x8000_0000, 0x7fff_ffff),
  };
}
/** A G_TYPE_UINT field. */
export function gstUint(value: number): GstValue {
  return {
    type: 'uint',
    value: clamp(Math.trunc(value), 0, 0xffff_ffff),
  };
}
/** A G_TYPE_UINT64 field. */
export function gstUint64(value: bigint | number): GstValue {
  return {
    type: 'guint64',
    value: BigInt.asUintN(
      64,
      typeof value === 'bigint' ? value : BigInt(Math.max(0, Math.trunc(value))),
    ),
  };
}
/** A G_TYPE_INT64 field. */
export function gstInt64(value: bigint): GstValue {
  return {
    type: 'gint64',
    value: BigInt.asIntN(64, value),
  };
}
/** A G_TYPE_DOUBLE field. */
export function gstDouble(value: number): GstValue {
  return { type: 'double', value };
}

const NAME = /^[A-Za-z][A-Za-z0-9/_.:-]*$/;
const FIELD = /^[A-Za-z0-9/_.:+-]+$/;

/**
 * A GstStructure as gst_structure_from_string reads it: `name, field=(type)value, …;`.
 * @throws TypeError when a name is not one that GStreamer takes: names are ours, never a user's.
 */
export function formatStructure(name: string, fields: GstFields): string {
  if (!NAME.test(name)) throw new TypeError(`"${name}" cannot name a GstStructure`);
  let text = name;
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!FIELD.test(field)) throw new TypeError(`"${field}" cannot name a GstStructure field`);
    text += `, ${field}=(${value.type})${formatValue(value)}`;
  }
  return `${text};`;
}

function formatValue(value: GstValue): string {
  switch (value.type) {
    case 'string':
      return quote(value.value);
    case 'double':
      return Number.isFinite(value.value) ? String(value.value) : '0';
    default:
      return String(value.value);
  }
}

/**
 * gst_value_serialize_string's escaping: bytes outside printable ASCII as three octal digits,
 * punctuation behind a backslash. Always quoted, which the reader takes as well as bare words.
 */
function quote(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text)) {
    // A zero byte would end the C string; it stands for nothing a message needs.
    if (byte === 0) continue;
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x7f) quoted += `\\${byte.toString(8).padStart(3, '0')}`;
    else if (/[A-Za-z0-9_\-+/:.]/.test(character)) quoted += character;
    else quoted += `\\${character}`;
  }
  return `${quoted}"`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(Number.isNaN(value) ? 0 : value, low), high);
}
