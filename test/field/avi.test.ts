import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * AVI has no PTS: the parser and the demuxer count frames.
 *
 * https://github.com/waveform80/picamera/issues/335
 * https://github.com/raspberrypi/userland/issues/343
 */
for (const [name, media, suffix, elements, more] of [
  ['H.264', `${testPicture(3)} ${H264}`, '.avi', 'avidemux ! h264parse ! KVSSINK', {}],
  [
    'M-JPEG',
    `${testPicture(3)} -c:v mjpeg`,
    '.avi',
    'avidemux ! jpegparse ! KVSSINK',
    { player: 'none' },
  ],
] as const) {
  test(`${name} in AVI is stored at its frame rate`, async (t) => {
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
