import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Where an MP4 says that its first picture is not shown at 0: by an edit list, by negative
 * offsets, not at all.
 *
 * https://github.com/rerun-io/re_mp4/pull/16
 * https://github.com/rerun-io/rerun/pull/8029
 */
for (const [name, media, suffix, elements, more] of [
  ['an edit list', `${testPicture(3)} ${H264} -bf 2`, '.mp4', 'qtdemux ! h264parse ! KVSSINK', {}],
  [
    'negative composition offsets',
    `${testPicture(3)} ${H264} -bf 2 -movflags negative_cts_offsets`,
    '.mp4',
    'qtdemux ! h264parse ! KVSSINK',
    {},
  ],
] as const) {
  test(`${name} keeps the distances of its pictures`, async (t) => {
    const service = await startService(t);
    const line = `filesrc location=${ffmpegFile(media, suffix)} ! ${elements}`;
    const outcome = await play(
      t,
      service,
      line.replace('KVSSINK', 'kvssink name=k stream-name=camera'),
    );
    await check({ service, stream: 'camera', outcome, ...more });
  });
}
