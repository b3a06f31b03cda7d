import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import type { GstCapsJson, PadConfig } from '../wire/wire.ts';

/** Properties that override what the caps say of a track. */
export type FormatOverrides = {
  /** Matroska codec id, for codecs that are passed through. */
  readonly codecId?: string;
  /** KVS content type. */
  readonly contentType?: string;
};

/** What GStreamer's caps say of a track, in the words of the media layer. */
export function describeTrack(
  caps: GstCapsJson,
  kind: PadConfig['kind'],
  overrides: FormatOverrides = {},
): TrackDescription {
  const { fields } = caps;
  return {
    kind: kind === 'other' ? kindOf(caps.name) : kind,
    mediaType: mediaTypeOf(caps),
    ...optional('streamFormat', text(fields['stream-format'])),
    ...optional('codecData', hex(fields['codec_data'])),
    ...optional('width', positive(fields['width'])),
    ...optional('height', positive(fields['height'])),
    ...optional('rateHz', positive(fields['rate'])),
    ...optional('channels', positive(fields['channels'])),
    ...optional('codecId', overrides.codecId),
    ...optional('contentType', overrides.contentType),
  };
}

function kindOf(name: string): TrackDescription['kind'] {
  if (name.startsWith('video/') || name.startsWith('image/')) return 'video';
  return name.startsWith('audio/') ? 'audio' : 'other';
}

/** `audio/mpeg` alone is AAC or MP3: the version tells them apart. */
function mediaTypeOf(caps: GstCapsJson): string {
  if (caps.name === 'audio/mpeg' && caps.fields['mpegversion'] === 1) return 'audio/mp3';
  return caps.name;
}

/** Caps that are not fixed yet have lists and ranges, which say nothing. */
function text(value: string | number | boolean | undefined): string | undefined {
  return typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : undefined;
}

function positive(value: string | number | boolean | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function hex(value: string | number | boolean | undefined): Uint8Array | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return new Uint8Array(Buffer.from(value, 'hex'));
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}
