import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { startOf, type TimestampOrigin } from '../fragments/timestamp-origin.ts';
import { fragmentVideo } from '../images/fragment-video.ts';
import { checkInterval, type ImageSettings, imageSettings } from '../images/image-settings.ts';
import { imagesAt, requireDecoder } from '../images/video-images.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import * as members from '../validation/members.ts';
import { integer, structure, text, timestamp } from '../validation/shapes.ts';
import { decodeToken, encodeToken } from './next-token.ts';
import { jsonOperation } from './operation.ts';
import { requireRetention } from './playback-range.ts';

/** SamplingInterval where none is given. */
const DEFAULT_INTERVAL_MS = 3000;
const MAX_RANGE_MS = 300_000;
/** MaxResults may be more, and is then this. */
const PAGE = 25;
/** Characters of ImageContent. */
const MAX_CONTENT = 6_291_456;

/** Image of the API. */
type ImageAnswer = { TimeStamp: number; ImageContent?: string; Error?: 'NO_MEDIA' | 'MEDIA_ERROR' };

/**
 * GetImages: what is shown at the start of a range, and at every interval after it.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetImages.html
 */
export const getImages = jsonOperation({
  name: 'GetImages',
  path: '/getImages',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      ImageSelectorType: members.timestampOrigin,
      StartTimestamp: timestamp,
      EndTimestamp: timestamp,
      SamplingInterval: members.samplingInterval,
      Format: members.imageFormat,
      FormatConfig: members.formatConfig,
      WidthPixels: members.widthPixels,
      HeightPixels: members.heightPixels,
      MaxResults: integer(1, 100),
      NextToken: text(1, 4096, '[a-zA-Z0-9+/]+={0,2}'),
    },
    'ImageSelectorType',
    'StartTimestamp',
    'EndTimestamp',
    'Format',
  ),
  async run(input, { context }) {
    const stream = context.streams.findReadable(input);
    const { StartTimestamp: fromMs, EndTimestamp: untilMs } = input;
    const intervalMs = input.SamplingInterval ?? DEFAULT_INTERVAL_MS;
    checkInterval(intervalMs);
    if (untilMs < fromMs || untilMs - fromMs > MAX_RANGE_MS) {
      throw invalid(`EndTimestamp must be up to ${MAX_RANGE_MS / 1000} s after StartTimestamp.`);
    }
    if (input.WidthPixels !== undefined && input.HeightPixels === undefined) {
      throw invalid('WidthPixels needs HeightPixels.');
    }
    const settings = imageSettings(input);
    requireRetention(stream.record);
    const begin = input.NextToken === undefined ? fromMs : position(input.NextToken);
    const times: number[] = [];
    const most = Math.min(input.MaxResults ?? PAGE, PAGE);
    for (let ms = begin; ms <= untilMs && times.length <= most; ms += intervalMs) times.push(ms);
    const [next] = times.splice(most);
    context.quotas?.admitFragments('metadata', stream.record.name, 400 + most);
    context.quotas?.admitFragments('media', stream.record.name, most);
    const images = await imagesOf(stream, input.ImageSelectorType, times, settings);
    return {
      Images: images,
      NextToken: next === undefined ? undefined : encodeToken(String(next), 'images'),
    };
  },
});

function position(token: string): number {
  const ms = Number(decodeToken(token, 'images'));
  if (Number.isFinite(ms)) return ms;
  throw invalid('The NextToken is not valid.');
}

/** The images at some times, those of a fragment together. */
async function imagesOf(
  { fragments }: LocalStream,
  origin: TimestampOrigin,
  times: readonly number[],
  settings: ImageSettings,
): Promise<ImageAnswer[]> {
  const answers: ImageAnswer[] = times.map((ms) => ({ TimeStamp: ms / 1000, Error: 'NO_MEDIA' }));
  const wanted = new Map<FragmentRecord, number[]>();
  // Of copies and of what overlaps, the last one that arrived is shown.
  const shown: (FragmentRecord | undefined)[] = times.map(() => undefined);
  const [fromMs = 0, untilMs = 0] = [times[0], times.at(-1)];
  for await (const record of fragments.select({ origin, fromMs, untilMs })) {
    const startMs = startOf(record, origin);
    const endMs = startMs + Math.max(1, record.durationMs);
    for (const [i, ms] of times.entries()) if (startMs <= ms && ms < endMs) shown[i] = record;
  }
  for (const [i, record] of shown.entries()) {
    if (record !== undefined) wanted.set(record, [...(wanted.get(record) ?? []), i]);
  }
  const program = requireDecoder();
  for (const [record, places] of wanted) {
    const video = await fragments.read(record).then(fragmentVideo, () => undefined);
    const offsets = places.map((i) => (times[i] ?? 0) - startOf(record, origin));
    const images =
      video === undefined
        ? []
        : await imagesAt(program, video, offsets, settings).catch((): undefined[] => []);
    for (const [k, i] of places.entries()) answers[i] = answer((times[i] ?? 0) / 1000, images[k]);
  }
  return answers;
}

/** Media of which there is no image: sound alone, a codec that cannot be decoded, damage. */
function answer(TimeStamp: number, image: Uint8Array | undefined): ImageAnswer {
  const ImageContent = image && Buffer.from(image).toString('base64');
  if (ImageContent === undefined || ImageContent.length > MAX_CONTENT) {
    return { TimeStamp, Error: 'MEDIA_ERROR' };
  }
  return { TimeStamp, ImageContent };
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
