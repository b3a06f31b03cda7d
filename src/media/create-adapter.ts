import { KvsError } from '../errors/kvs-error.ts';
import { H264Codec } from './h264-codec.ts';
import { checkNalAdaptation } from './nal-adaptation.ts';
import { createNalAdapter } from './nal-track.ts';
import { PassThroughAdapter } from './pass-through.ts';
import type { CodecAdapter, TrackDescription } from './types.ts';

/** How a track is adapted when its description does not say enough. */
export type AdapterOptions = {
  /**
   * NAL_ADAPTATION flags, as upstream's StreamInfo has them. Left out, the stream format of the
   * description decides, and failing that the data itself.
   */
  readonly nalAdaptationFlags?: number;
};

type Create = (description: TrackDescription, options: AdapterOptions) => CodecAdapter;

const h264: Create = (description, options) =>
  createNalAdapter(new H264Codec(), description, options.nalAdaptationFlags);

/** KVS content types and GStreamer media types, each with what adapts it. */
const ADAPTERS: Readonly<Record<string, Create>> = {
  'video/h264': h264,
  'video/x-h264': h264,
  'video/avc': h264,
};

/** Any other codec: stored as it comes, with the codec id and private data that were given. */
function passThrough(description: TrackDescription): CodecAdapter {
  const { kind, codecId, codecData, width, height, rateHz, channels } = description;
  if (codecId === undefined || codecId === '') {
    throw new KvsError(
      'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
      `No codec id for the media type ${description.mediaType}, which is stored as it comes.`,
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
  if (options.nalAdaptationFlags !== undefined) {
    checkNalAdaptation(options.nalAdaptationFlags);
  }
  const create = ADAPTERS[description.mediaType] ?? passThrough;
  return create(description, options);
}
