import { ServiceError } from '../errors/service-error.ts';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import { startOf } from '../fragments/timestamp-origin.ts';
import { clipStartsMs, headStart } from '../playback/clip-times.ts';
import { initSegment } from '../playback/fmp4/init-segment.ts';
import { mediaSegment } from '../playback/fmp4/media-segment.ts';
import { type FragmentMedia, readFragmentMedia, shifted } from '../playback/fragment-media.ts';
import { annexB, nalUnits } from '../playback/mpegts/nal-stream.ts';
import { writeAll } from '../playback/write-all.ts';
import * as members from '../validation/members.ts';
import { structure } from '../validation/shapes.ts';
import { mediaOperation } from './operation.ts';
import { checkRange, requireRetention } from './playback-range.ts';

/** Largest clip (API reference of GetClip): 200 fragments and 100 MB. */
const MAX_FRAGMENTS = 200;
const MAX_BYTES = 100 * 1024 * 1024;

/**
 * GetClip: the fragments of a time range as one (fragmented) MP4 file.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetClip.html
 */
export const getClip = mediaOperation({
  name: 'GetClip',
  path: '/getClip',
  input: structure(
    {
      StreamName: members.streamName,
      StreamARN: members.streamArn,
      ClipFragmentSelector: structure(
        {
          FragmentSelectorType: members.timestampOrigin,
          TimestampRange: members.timestampRange,
        },
        'FragmentSelectorType',
        'TimestampRange',
      ),
    },
    'ClipFragmentSelector',
  ),
  async run(input, { context }, response) {
    const { fragments, record: stream } = context.streams.findReadable(input);
    const { FragmentSelectorType, TimestampRange } = input.ClipFragmentSelector;
    const { StartTimestamp, EndTimestamp } = TimestampRange;
    const nowMs = context.clock.nowMs();
    checkRange(FragmentSelectorType, StartTimestamp, EndTimestamp, stream, nowMs);
    requireRetention(stream);
    const records: FragmentRecord[] = [];
    let bytes = 0;
    const window = {
      origin: FragmentSelectorType,
      fromMs: StartTimestamp,
      untilMs: EndTimestamp,
    };
    for await (const record of fragments.select(window)) {
      if (startOf(record, FragmentSelectorType) < StartTimestamp) continue;
      records.push(record);
      bytes += record.bytes;
      if (records.length > MAX_FRAGMENTS || bytes > MAX_BYTES) {
        throw new ServiceError(
          'InvalidArgumentException',
          `The clip would have more than ${MAX_FRAGMENTS} fragments or ${MAX_BYTES} bytes.`,
        );
      }
    }
    context.quotas?.admitFragments('metadata', stream.name, records.length);
    context.quotas?.admitFragments('media', stream.name, records.length);
    const [first] = records;
    if (first === undefined) {
      throw new ServiceError('ResourceNotFoundException', 'No fragments found in the time range.');
    }
    const other = records.find((record) => record.formatId !== first.formatId);
    if (other !== undefined) {
      // AWS's track requirements for playback:
      // https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetClip.html
      throw new ServiceError(
        'InvalidCodecPrivateDataException',
        `Tracks or codec private data change within the time range, at fragment ${other.number}.`,
      );
    }
    const { tracks, timescale } = await readFragmentMedia(fragments, first, 'DASH');
    const starts = clipStartsMs(records).map((ms) => Math.round((ms * timescale) / 1000));
    let offset = 0;
    // Read twice: once the answer has begun, nothing can be refused.
    for (const [i, record] of records.entries()) {
      const media = await readFragmentMedia(fragments, record, 'DASH');
      checkFrames(media);
      offset = Math.max(offset, headStart(media, starts[i] ?? 0));
    }
    response.writeHead(200, { 'content-type': 'video/mp4' });
    response.write(initSegment(tracks, timescale));
    for (const [i, record] of records.entries()) {
      const { runs } = await readFragmentMedia(fragments, record, 'DASH');
      await writeAll(response, mediaSegment(i + 1, shifted(runs, (starts[i] ?? 0) + offset)));
    }
    response.end();
  },
});

/** @throws ServiceError InvalidMediaFrameException for video that its codec cannot have. */
function checkFrames({ tracks, runs }: FragmentMedia): void {
  for (const track of tracks.filter(({ kind }) => kind === 'video')) {
    const settings = annexB(track);
    const run = runs.find((one) => one.track === track.number);
    for (const { data } of run?.samples ?? []) nalUnits(settings, data);
  }
}
