import type { GstCapsJson } from '../../../host/wire/wire.ts';
import { structureField } from '../../launch/structure-field.ts';

/** `, name=(type)value`, where the value may be quoted. */
const FIELD = /,\s*([\w-]+)=\((\w+)\)("(?:[^"\\]|\\.)*"|[^,;]*)/g;

/** Fixed caps as GStreamer prints them. */
export function parseCaps(text: string): GstCapsJson {
  const fields: Record<string, string | number | boolean> = {};
  for (const [, name = '', type, value = ''] of text.matchAll(FIELD)) {
    fields[name] = fieldValue(type, unescaped(value.replace(/^"(.*)"\s*$/, '$1')).trim());
  }
  return { name: /^[^,;\s]+/.exec(text)?.[0] ?? '', fields };
}

function fieldValue(type: string | undefined, text: string): string | number | boolean {
  if (type === 'int' || type === 'uint' || type === 'double') return Number(text);
  return type === 'boolean' ? text === 'true' : text;
}

/** A segment: what turns a buffer's time into the time since the beginning (running time). */
export type GstSegment = {
  readonly startNs: bigint;
  readonly baseNs: bigint;
};

/** The segment of a segment event; undefined where it is not one of time. */
export function parseSegment(event: string): GstSegment | undefined {
  const text = unescaped(event);
  if (!/format=\(GstFormat\)time\b/.test(text)) return undefined;
  const field = (name: string): bigint =>
    BigInt(new RegExp(`[ ,]${name}=\\(guint64\\)(\\d+)`).exec(text)?.[1] ?? 0);
  return { startNs: field('start') + field('offset'), baseNs: field('base') };
}

/** The id of the stream that a stream-start event begins. */
export function parseStreamId(event: string): string {
  return structureField(event, 'stream-id') ?? '';
}

/** What a tag event says that matters here. */
export type GstTags = {
  /** When the file says it was made, epoch ms. */
  readonly createdMs: number | undefined;
  /** How the picture is to be turned, such as `rotate-90`. */
  readonly orientation: string | undefined;
};

/** The tags of a tag event. */
export function parseTags(event: string): GstTags {
  const text = unescaped(event);
  const time = /\bdatetime=\(datetime\)"?(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)/.exec(text);
  const zone = /(?:Z|[+-]\d\d:?\d\d)$/.test(time?.[1] ?? '') ? '' : 'Z';
  const createdMs = time === null ? Number.NaN : Date.parse(`${time[1]}${zone}`);
  return {
    createdMs: Number.isNaN(createdMs) ? undefined : createdMs,
    orientation: /\bimage-orientation=\(string\)"?([\w-]+)/.exec(text)?.[1],
  };
}

/** Structures within structures are escaped once more each. */
function unescaped(text: string): string {
  return text.replaceAll('\\', '');
}
