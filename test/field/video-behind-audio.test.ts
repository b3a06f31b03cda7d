import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture, testTone } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Video that starts half a second after the audio, as a camera does whose encoder needs its time.
 */
test('video that starts half a second behind the audio keeps its place', async (t) => {
  const service = await startService(t);
  const file = ffmpegFile(
    `-itsoffset 0.5 ${testPicture(3)} ${testTone(4)} ${H264} -c:a aac`,
    '.mkv',
  );
  const outcome = await play(
    t,
    service,
    `filesrc location=${file} ! matroskademux name=d
     d.video_0 ! queue ! h264parse ! kvssink name=k stream-name=camera
     d.audio_0 ! queue ! aacparse ! k.`,
  );
  await check({ service, stream: 'camera', outcome });
});
