import { masterPlaylistPath } from '../playback/hls/hls-routes.ts';
import { integer, oneOf, structure } from '../validation/shapes.ts';
import { openSession, sessionMembers } from './open-session.ts';
import { jsonOperation } from './operation.ts';
import { playbackSelector } from './playback-range.ts';

/**
 * GetHLSStreamingSessionURL: H.264 and H.265 with AAC, as fragmented MP4 or MPEG-TS.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetHLSStreamingSessionURL.html
 */
export const getHlsStreamingSessionUrl = jsonOperation({
  name: 'GetHLSStreamingSessionURL',
  path: '/getHLSStreamingSessionURL',
  input: structure({
    ...sessionMembers,
    HLSFragmentSelector: playbackSelector,
    ContainerFormat: oneOf('FRAGMENTED_MP4', 'MPEG_TS'),
    DiscontinuityMode: oneOf('ALWAYS', 'NEVER', 'ON_DISCONTINUITY'),
    MaxMediaPlaylistFragmentResults: integer(1, 5000),
  }),
  async run(input, call) {
    const session = await openSession(input, input.HLSFragmentSelector, call, {
      protocol: 'HLS',
      container: input.ContainerFormat ?? 'FRAGMENTED_MP4',
      discontinuities: input.DiscontinuityMode,
      displayNumbers: false,
      maxFragments: input.MaxMediaPlaylistFragmentResults,
    });
    return { HLSStreamingSessionURL: `${call.baseUrl}${masterPlaylistPath(session)}` };
  },
});
