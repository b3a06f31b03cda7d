import type { InputTrack } from 'mediabunny';
import type { TrackDescription } from '../../../media/codec/codec-adapter.ts';

/** Mediabunny's names of codecs, and sample entries that it has none for, as GStreamer's. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    avc: 'video/x-h264',
    hevc: 'video/x-h265',
    vp8: 'video/x-vp8',
    vp9: 'video/x-vp9',
    av1: 'video/x-av1',
    jpeg: 'image/jpeg',
    mjpa: 'image/jpeg',
    aac: 'audio/mpeg',
    mp3: 'audio/mp3',
    opus: 'audio/x-opus',
    alaw: 'audio/x-alaw',
    ulaw: 'audio/x-mulaw',
  }),
);

/** What KVS takes over from the boxes as it is, under its name in the sample entry. */
export async function describeTrack(track: InputTrack): Promise<TrackDescription> {
  const name = track.codec ?? String(track.internalCodecId);
  const mediaType = MEDIA_TYPES.get(name);
  if (track.isVideoTrack()) {
    const { codedWidth: width, codedHeight: height } = track;
    const description = (await track.getDecoderConfig())?.description;
    return {
      kind: 'video',
      mediaType: mediaType ?? `video/${name}`,
      ...{ width, height },
      ...codecData(description),
    };
  }
  if (!track.isAudioTrack()) return { kind: 'other', mediaType: name };
  const { sampleRate: rateHz, numberOfChannels: channels } = track;
  const description = (await track.getDecoderConfig())?.description;
  return {
    kind: 'audio',
    mediaType: mediaType ?? `audio/${name}`,
    // In MPEG-TS each frame has its ADTS header.
    ...(name === 'aac' ? { streamFormat: description === undefined ? 'adts' : 'raw' } : {}),
    ...{ rateHz, channels },
    ...codecData(description),
  };
}

function codecData(source: ArrayBufferLike | ArrayBufferView | undefined): {
  codecData?: Uint8Array;
} {
  if (source === undefined) return {};
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return { codecData: bytes };
}
