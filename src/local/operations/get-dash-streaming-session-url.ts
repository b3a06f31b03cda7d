import { manifestPath } from '../playback/dash/dash-routes.ts';
import * as members from '../validation/members.ts';
import { integer, structure } from '../validation/shapes.ts';
import { openSession, sessionMembers } from './open-session.ts';
import { jsonOperation } from './operation.ts';
import { playbackSelector } from './playback-range.ts';

/**
 * GetDASHStreamingSessionURL: H.264 and H.265 with AAC or G.711.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetDASHStreamingSessionURL.html
 */
export const getDashStreamingSessionUrl = jsonOperation({
  name: 'GetDASHStreamingSessionURL',
  path: '/getDASHStreamingSessionURL',
  input: structure({
    ...sessionMembers,
    DisplayFragmentNumber: members.alwaysOrNever,
    DASHFragmentSelector: playbackSelector,
    MaxManifestFragmentResults: integer(1, 5000),
  }),
  async run(input, call) {
    const session = await openSession(input, input.DASHFragmentSelector, call, {
      protocol: 'DASH',
      container: 'FRAGMENTED_MP4',
      discontinuities: 'NEVER',
      displayNumbers: input.DisplayFragmentNumber === 'ALWAYS',
      maxFragments: input.MaxManifestFragmentResults,
    });
    return { DASHStreamingSessionURL: `${call.baseUrl}${manifestPath(session)}` };
  },
});
