/** A field's value as it is written, behind the GType that GStreamer is to give it. */
export type GstValue =
  `(${'string' | 'boolean' | 'int' | 'uint' | 'double' | 'gint64' | 'guint64'})${string}`;

/** Fields in the order in which they are to be written; undefined ones are left out. */
export type GstFields = Readonly<Record<string, GstValue | undefined>>;

/** A string field. */
export function gstString(value: string): GstValue {
  return `(string)${quote(value)}`;
}
/** A boolean field. */
export function gstBoolean(value: boolean): GstValue {
  return `(boolean)${value}`;
}
/** A G_TYPE_INT field. */
export function gstInt(value: number): GstValue {
  return `(int)${clamp(Math.trunc(value), -0x8000_0000, 0x7fff_ffff)}`;
}
/** A G_TYPE_UINT field. */
export function gstUint(value: number): GstValue {
  return `(uint)${clamp(Math.trunc(value), 0, 0xffff_ffff)}`;
}
/** A G_TYPE_UINT64 field. */
export function gstUint64(value: bigint | number): GstValue {
  return typeof value === 'bigint'
    ? `(guint64)${BigInt.asUintN(64, value)}`
    : `(guint64)${clamp(Math.trunc(value), 0, Number.MAX_SAFE_INTEGER)}`;
}
/** A G_TYPE_INT64 field. */
export function gstInt64(value: bigint): GstValue {
  return `(gint64)${BigInt.asIntN(64, value)}`;
}
/** A G_TYPE_DOUBLE field. */
export function gstDouble(value: number): GstValue {
  return `(double)${Number.isFinite(value) ? value : 0}`;
}

const NAME = /^[A-Za-z][A-Za-z0-9/_.:-]*$/;
const FIELD = /^[A-Za-z0-9/_.:+-]+$/;
/** Names that were looked at: the same few again and again. */
const goodFields = new Set<string>();

/** Whether a byte stands for itself in a quoted string. */
const isPlain = Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9_\-+/:.]/.test(String.fromCharCode(byte)),
);

/**
 * A GstStructure as gst_structure_from_string reads it: `name, field=(type)value, …;`.
 * @throws TypeError when a name is not one that GStreamer takes: names are ours, never a user's.
 */
export function formatStructure(name: string, fields: GstFields): string {
  if (!NAME.test(name)) throw new TypeError(`"${name}" cannot name a GstStructure`);
  let text = name;
  for (const field in fields) {
    const value = fields[field];
    if (value === undefined) continue;
    if (!goodFields.has(field)) {
      if (!FIELD.test(field)) throw new TypeError(`"${field}" cannot name a GstStructure field`);
      goodFields.add(field);
    }
    text += `, ${field}=${value}`;
  }
  return `${text};`;
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
    if (isPlain[byte]) quoted += String.fromCharCode(byte);
    else if (byte < 0x20 || byte >= 0x7f) quoted += `\\${byte.toString(8).padStart(3, '0')}`;
    else quoted += `\\${String.fromCharCode(byte)}`;
  }
  return `${quoted}"`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(Number.isNaN(value) ? 0 : value, low), high);
}
