import { KvsError } from '../../errors/kvs-error.ts';
import type { TrackDescription, TrackFormat } from '../codec/codec-adapter.ts';

/** wFormatTag of A-law and µ-law. */
const FORMAT_TAG = { alaw: 6, mulaw: 7 } as const;

/** What upstream's pads and generator take. */
const MIN_RATE_HZ = 8000;
const MAX_RATE_HZ = 192_000;
const MAX_CHANNELS = 2;

/** A WAVEFORMATEX up to and with wBitsPerSample. */
const MIN_CODEC_DATA_BYTES = 16;

function invalid(what: string): KvsError {
  return new KvsError('STATUS_MKV_INVALID_AMS_ACM_CPD', what);
}

/**
 * The codec private data of G.711: the 18 bytes that upstream writes, shaped like a WAVEFORMATEX.
 * Its byte rate is channels * rate / 8 (an eighth of the truth) and its bit depth 0; both are kept
 * because the service has only ever seen these, and ffmpeg and GStreamer take the rate and the
 * channels only.
 * @throws KvsError STATUS_MKV_INVALID_AMS_ACM_CPD
 */
function buildG711Private(
  law: keyof typeof FORMAT_TAG,
  rateHz: number,
  channels: number,
): Uint8Array {
  if (!Number.isInteger(rateHz) || rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) {
    throw invalid(`G.711 at ${rateHz} Hz; ${MIN_RATE_HZ} to ${MAX_RATE_HZ} are allowed`);
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
    throw invalid(`G.711 with ${channels} channels; 1 or ${MAX_CHANNELS} are allowed`);
  }
  const bytes = new Uint8Array(18);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, FORMAT_TAG[law], true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rateHz, true);
  view.setUint32(8, Math.floor((channels * rateHz) / 8), true);
  view.setUint16(12, channels, true);
  return bytes;
}

/**
 * The format of a G.711 track, from its codec data or its rate and channels.
 * @throws KvsError STATUS_MKV_INVALID_AMS_ACM_CPD
 */
export function g711Format(
  law: keyof typeof FORMAT_TAG,
  description: TrackDescription,
): TrackFormat {
  const { codecData, rateHz, channels } = description;
  const shared = {
    kind: 'audio',
    codecId: description.codecId ?? 'A_MS/ACM',
    contentType: description.contentType ?? `audio/${law}`,
  } as const;
  if (codecData !== undefined && codecData.length > 0) {
    if (codecData.length < MIN_CODEC_DATA_BYTES) {
      throw invalid(
        `G.711 codec data has ${codecData.length} bytes, at least ${MIN_CODEC_DATA_BYTES} are needed`,
      );
    }
    const view = new DataView(codecData.buffer, codecData.byteOffset, codecData.length);
    const tag = view.getUint16(0, true);
    if (tag !== FORMAT_TAG[law]) {
      throw invalid(`The codec data of ${law} has format ${tag} instead of ${FORMAT_TAG[law]}`);
    }
    const bitDepth = view.getUint16(14, true);
    return {
      ...shared,
      codecPrivate: new Uint8Array(codecData),
      channels: view.getUint16(2, true),
      samplingFrequencyHz: view.getUint32(4, true),
      ...(bitDepth === 0 ? {} : { bitDepth }),
    };
  }
  if (rateHz === undefined || channels === undefined) {
    throw invalid(`A track of ${law} needs its rate and channels`);
  }
  return {
    ...shared,
    codecPrivate: buildG711Private(law, rateHz, channels),
    samplingFrequencyHz: rateHz,
    channels,
  };
}
