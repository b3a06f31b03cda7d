import { masterPlaylistPath } from '../playback/hls/hls-routes.ts';
import * as members from '../validation/members.ts';
import { integer, oneOf, structure } from '../validation/shapes.ts';
import { jsonOperation } from './operation.ts';
import {
  playbackRange,
  playbackSelector,
  requireMedia,
  requireRetention,
} from './playback-range.ts';

/**
 * GetHLSStreamingSessionURL: H.264 and H.265 with AAC, as fragmented MP4 or MPEG-TS.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetHLSStreamingSessionURL.html
 */
export const getHlsStreamingSessionUrl = jsonOperation({
  name: 'GetHLSStreamingSessionURL',
  path: '/getHLSStreamingSessionURL',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    PlaybackMode: members.playbackMode,
    HLSFragmentSelector: playbackSelector,
    ContainerFormat: oneOf('FRAGMENTED_MP4', 'MPEG_TS'),
    DiscontinuityMode: oneOf('ALWAYS', 'NEVER', 'ON_DISCONTINUITY'),
    DisplayFragmentTimestamp: members.alwaysOrNever,
    Expires: integer(300, 43_200),
    MaxMediaPlaylistFragmentResults: integer(1, 5000),
  }),
  async run(input, { context, baseUrl }) {
    const stream = context.streams.find(input);
    const mode = input.PlaybackMode ?? 'LIVE';
    const nowMs = context.clock.nowMs();
    const range = playbackRange(mode, input.HLSFragmentSelector, stream.record, nowMs);
    requireRetention(stream.record);
    const isByServer = range.origin === 'SERVER_TIMESTAMP';
    const session = await context.playback.open(stream, {
      protocol: 'HLS',
      mode,
      container: input.ContainerFormat ?? 'FRAGMENTED_MP4',
      ...range,
      discontinuities: input.DiscontinuityMode ?? (isByServer ? 'ALWAYS' : 'NEVER'),
      displayTimestamps: input.DisplayFragmentTimestamp === 'ALWAYS',
      displayNumbers: false,
      maxFragments: input.MaxMediaPlaylistFragmentResults ?? (mode === 'ON_DEMAND' ? 1000 : 5),
      expiresAtMs: nowMs + (input.Expires ?? 300) * 1000,
    });
    await requireMedia(session);
    return { HLSStreamingSessionURL: `${baseUrl}${masterPlaylistPath(session)}` };
  },
});
