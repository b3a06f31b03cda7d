import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile, H264, testPicture, testTone } from './support/media.ts';
import { play } from './support/play.ts';

/**
 * Sound as cameras and files have it: alone, in two languages, in 5.1, as Opus.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/294
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/297
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/issues/143
 * https://github.com/bluenviron/mediamtx/issues/4041
 */
for (const [name, media, suffix, elements, more] of [
  [
    'AAC alone',
    `${testTone(3)} -c:a aac`,
    '.m4a',
    'qtdemux ! aacparse ! KVSSINK',
    { player: 'none' },
  ],
  [
    '5.1',
    `${testPicture(3)} ${testTone(3)} ${H264} -c:a aac -ac 6 -ar 44100`,
    '.mp4',
    'qtdemux name=d d.video_0 ! queue ! h264parse ! KVSSINK d.audio_0 ! queue ! aacparse ! k.',
    {},
  ],
  [
    'a second language',
    `${testPicture(3)} ${testTone(3)} ${testTone(3)} -map 0 -map 1 -map 2 ${H264} -c:a aac`,
    '.mp4',
    'qtdemux name=d d.video_0 ! queue ! h264parse ! KVSSINK d.audio_0 ! queue ! aacparse ! k. d.audio_1 ! queue ! aacparse ! k.',
    // A block of each further track stands a millisecond behind one that has its time.
    { player: 'none', withinMs: 2 },
  ],
  [
    'Opus',
    `${testPicture(3)} ${testTone(3)} ${H264} -c:a libopus`,
    '.mkv',
    'matroskademux name=d d.video_0 ! queue ! h264parse ! KVSSINK d.audio_0 ! queue ! opusparse ! k.',
    { player: 'none' },
  ],
] as const) {
  test(`${name} is stored`, async (t) => {
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
