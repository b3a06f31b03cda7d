import type { TrackDescription } from '../../../media/codec/codec-adapter.ts';

/** Codecs that the media layer takes apart, by their GStreamer media types. */
const ADAPTED: ReadonlySet<string> = new Set([
  'video/x-h264',
  'video/x-h265',
  'image/jpeg',
  'audio/mpeg',
  'audio/x-alaw',
  'audio/x-mulaw',
  'audio/x-opus',
]);

/** Codecs whose frames are stored as they come, with their Matroska ids. */
const AS_THEY_COME: Readonly<Record<string, string>> = {
  'video/x-vp8': 'V_VP8',
  'video/x-vp9': 'V_VP9',
  'video/x-av1': 'V_AV1',
  'audio/mp3': 'A_MPEG/L3',
};

/** The description of a track that can be sent without encoding it anew; undefined of others. */
export function sentDescription(description: TrackDescription): TrackDescription | undefined {
  if (ADAPTED.has(description.mediaType)) return description;
  const codecId = AS_THEY_COME[description.mediaType];
  return codecId === undefined ? undefined : { ...description, codecId };
}
