import { KvsError } from '../errors/kvs-error.ts';
import { AacAdapter } from './audio/aac-adapter.ts';
import { g711Format } from './audio/g711.ts';
import { opusFormat } from './audio/opus.ts';
import type { AdapterOptions, CodecAdapter, TrackDescription } from './codec/codec-adapter.ts';
import { H264Codec } from './h264/h264-codec.ts';
import { H265Codec } from './h265/h265-codec.ts';
import { MjpegAdapter } from './mjpeg.ts';
import { checkNalAdaptation } from './nal/nal-adaptation.ts';
import { createNalAdapter } from './nal/nal-track.ts';
import { PassThroughAdapter } from './pass-through.ts';

type Create = (description: TrackDescription, options: AdapterOptions) => CodecAdapter;

const h264: Create = (description, options) =>
  createNalAdapter(new H264Codec(), description, options);

const h265: Create = (description, options) =>
  createNalAdapter(new H265Codec(), description, options);

const alaw: Create = (description) => new PassThroughAdapter(g711Format('alaw', description));
const mulaw: Create = (description) => new PassThroughAdapter(g711Format('mulaw', description));
const opus: Create = (description) => new PassThroughAdapter(opusFormat(description));
const mjpeg: Create = (description) => new MjpegAdapter(description);

/** AAC, unless the codec id says that it is MPEG-1 or -2 audio, which has the same media type. */
const mpegAudio: Create = (description) =>
  description.codecId?.startsWith('A_MPEG')
    ? passThrough(description)
    : new AacAdapter(description);

/** KVS content types and GStreamer media types, each with what adapts it. */
const ADAPTERS: Readonly<Record<string, Create>> = {
  'video/h264': h264,
  'video/x-h264': h264,
  'video/avc': h264,
  'video/h265': h265,
  'video/x-h265': h265,
  'video/hevc': h265,
  'image/jpeg': mjpeg,
  'video/x-motion-jpeg': mjpeg,
  'video/mjpeg': mjpeg,
  'audio/aac': mpegAudio,
  'audio/mpeg': mpegAudio,
  'audio/alaw': alaw,
  'audio/x-alaw': alaw,
  'audio/mulaw': mulaw,
  'audio/x-mulaw': mulaw,
  'audio/opus': opus,
  'audio/x-opus': opus,
};

/** Any other codec: stored as it comes, with the codec id and private data that were given. */
function passThrough(description: TrackDescription): CodecAdapter {
  const { kind, codecId, codecData, width, height, rateHz, channels } = description;
  if (codecId === undefined || codecId === '') {
    throw new KvsError(
      'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
      `No codec id for the media type ${description.mediaType}, which is stored as it comes`,
      { advice: 'Set the codec id (Matroska name of the codec, for example V_VP9).' },
    );
  }
  return new PassThroughAdapter({
    kind,
    codecId,
    contentType: description.contentType ?? description.mediaType,
    ...(codecData === undefined ? {} : { codecPrivate: codecData }),
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(rateHz === undefined ? {} : { samplingFrequencyHz: rateHz }),
    ...(channels === undefined ? {} : { channels }),
  });
}

/**
 * The adapter of a track: the one entry to this folder.
 * @throws KvsError when codec data is not what the media type and stream format promise, when
 * flags contradict each other, or when a codec to be passed through has no codec id.
 */
export function createAdapter(
  description: TrackDescription,
  options: AdapterOptions = {},
): CodecAdapter {
  if (options.nalAdaptationFlags !== undefined) checkNalAdaptation(options.nalAdaptationFlags);
  const create = ADAPTERS[description.mediaType] ?? passThrough;
  return create(description, options);
}
