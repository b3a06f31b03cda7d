import { ServiceError } from '../errors/service-error.ts';
import { readFragmentMedia } from '../playback/fragment-media.ts';
import { masterPlaylistPath } from '../playback/hls/hls-routes.ts';
import * as members from '../validation/members.ts';
import { integer, oneOf, structure, timestamp } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';

/** A live session needs a fragment of the last half minute (ResourceNotFoundException). */
const LIVE_WITHIN_MS = 30_000;

/**
 * GetHLSStreamingSessionURL. H.264 and H.265 with AAC as fragmented
 * MP4, all tracks in one playlist; MPEG-TS is refused.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetHLSStreamingSessionURL.html
 */
export const getHlsStreamingSessionUrl = jsonOperation({
  name: 'GetHLSStreamingSessionURL',
  path: '/getHLSStreamingSessionURL',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    PlaybackMode: oneOf('LIVE', 'LIVE_REPLAY', 'ON_DEMAND'),
    HLSFragmentSelector: structure({
      FragmentSelectorType: members.timestampOrigin,
      TimestampRange: structure({ StartTimestamp: timestamp, EndTimestamp: timestamp }),
    }),
    ContainerFormat: oneOf('FRAGMENTED_MP4', 'MPEG_TS'),
    DiscontinuityMode: oneOf('ALWAYS', 'NEVER', 'ON_DISCONTINUITY'),
    DisplayFragmentTimestamp: oneOf('ALWAYS', 'NEVER'),
    Expires: integer(300, 43_200),
    MaxMediaPlaylistFragmentResults: integer(1, 5000),
  }),
  async run(input, { context, baseUrl }) {
    const stream = context.streams.find(input);
    const mode = input.PlaybackMode ?? 'LIVE';
    const range = input.HLSFragmentSelector?.TimestampRange;
    if (input.ContainerFormat === 'MPEG_TS') {
      throw invalid('The local service packages FRAGMENTED_MP4 only.');
    }
    if (mode === 'LIVE' && range !== undefined) {
      throw invalid('TimestampRange must not be set when PlaybackMode is LIVE.');
    }
    if (mode !== 'LIVE' && range?.StartTimestamp === undefined) {
      throw invalid(`StartTimestamp is required when PlaybackMode is ${mode}.`);
    }
    if (mode === 'ON_DEMAND') {
      const { StartTimestamp: from, EndTimestamp: until } = range ?? {};
      if (from === undefined || until === undefined || until <= from) {
        throw invalid('ON_DEMAND needs an EndTimestamp that is after the StartTimestamp.');
      }
    }
    if (mode !== 'LIVE' && stream.record.retentionHours === 0) {
      throw new ServiceError(
        'NoDataRetentionException',
        `The stream '${stream.record.name}' does not retain data.`,
      );
    }
    const origin = input.HLSFragmentSelector?.FragmentSelectorType ?? 'SERVER_TIMESTAMP';
    const nowMs = context.clock.nowMs();
    const session = await context.hls.open(stream, {
      mode,
      origin,
      fromMs: range?.StartTimestamp,
      untilMs: range?.EndTimestamp,
      discontinuities:
        input.DiscontinuityMode ?? (origin === 'SERVER_TIMESTAMP' ? 'ALWAYS' : 'NEVER'),
      displayTimestamps: input.DisplayFragmentTimestamp === 'ALWAYS',
      maxFragments: input.MaxMediaPlaylistFragmentResults ?? (mode === 'LIVE' ? 5 : 1000),
      expiresAtMs: nowMs + (input.Expires ?? 300) * 1000,
    });
    const { newest } = stream.fragments;
    const [first] = session.entries;
    const record = first && (await stream.fragments.get(first.number));
    const tooOld = mode === 'LIVE' && (newest?.serverTimestampMs ?? 0) < nowMs - LIVE_WITHIN_MS;
    if (record === undefined || tooOld) {
      throw new ServiceError(
        'ResourceNotFoundException',
        mode === 'LIVE'
          ? 'No fragments found in the stream for the streaming request: none in the last 30 seconds.'
          : 'No fragments found in the stream for the streaming request.',
      );
    }
    // Throws what is wrong with the media while there is still someone to tell.
    await readFragmentMedia(stream.fragments, record);
    return { HLSStreamingSessionURL: `${baseUrl}${masterPlaylistPath(session)}` };
  },
});

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}
