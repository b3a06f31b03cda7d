import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Recordings of MPEG-TS put together with cat: the clock begins anew in the middle.
 *
 * https://github.com/hwangsaeul/hwangsae/pull/9
 * https://github.com/videojs/http-streaming/issues/914
 */
for (const [name, media, suffix, elements, more] of [
  [
    'MPEG-TS with a gap in its clock',
    `-f lavfi -t 3 -i testsrc=size=160x120:rate=30 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 30 -vf setpts=PTS+gte(N\\,45)*2/TB -fps_mode vfr`,
    '.ts',
    'tsdemux ! h264parse ! KVSSINK',
    {},
  ],
] as const) {
  test(`${name} is stored with the gap`, async (t) => {
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
