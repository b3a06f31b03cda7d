import { manifestPath } from '../playback/dash/dash-routes.ts';
import * as members from '../validation/members.ts';
import { integer, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import {
  playbackRange,
  playbackSelector,
  requireMedia,
  requireRetention,
} from './playback-range.ts';

/**
 * GetDASHStreamingSessionURL: H.264 and H.265 with AAC or G.711.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetDASHStreamingSessionURL.html
 */
export const getDashStreamingSessionUrl = jsonOperation({
  name: 'GetDASHStreamingSessionURL',
  path: '/getDASHStreamingSessionURL',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    PlaybackMode: members.playbackMode,
    DisplayFragmentTimestamp: members.alwaysOrNever,
    DisplayFragmentNumber: members.alwaysOrNever,
    DASHFragmentSelector: playbackSelector,
    Expires: integer(300, 43_200),
    MaxManifestFragmentResults: integer(1, 5000),
  }),
  async run(input, { context, baseUrl }) {
    const stream = context.streams.find(input);
    const mode = input.PlaybackMode ?? 'LIVE';
    const nowMs = context.clock.nowMs();
    const range = playbackRange(mode, input.DASHFragmentSelector, stream.record, nowMs);
    requireRetention(stream.record);
    const session = await context.playback.open(stream, {
      protocol: 'DASH',
      mode,
      container: 'FRAGMENTED_MP4',
      ...range,
      discontinuities: 'NEVER',
      displayTimestamps: input.DisplayFragmentTimestamp === 'ALWAYS',
      displayNumbers: input.DisplayFragmentNumber === 'ALWAYS',
      maxFragments: input.MaxManifestFragmentResults ?? (mode === 'ON_DEMAND' ? 1000 : 5),
      expiresAtMs: nowMs + (input.Expires ?? 300) * 1000,
    });
    await requireMedia(session);
    return { DASHStreamingSessionURL: `${baseUrl}${manifestPath(session)}` };
  },
});
