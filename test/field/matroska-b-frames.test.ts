import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { ffmpegFile } from './support/media.ts';
import { play } from './support/play.ts';

/** matroskademux puts DISCONT on a P frame of an ordinary file; upstream drops that frame. */
const ENCODERS = {
  h264: '-c:v libx264',
  // What an open GOP's leading pictures refer to is in the fragment before.
  h265: '-c:v libx265 -x265-params open-gop=0:log-level=none',
} as const;

for (const codec of ['h264', 'h265'] as const) {
  test(`a Matroska file of ${codec} with B frames and sound is stored whole`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(
      `-f lavfi -i testsrc2=size=160x120:rate=30:duration=5 -f lavfi -i sine=duration=5 -pix_fmt yuv420p ${ENCODERS[codec]} -bf 3 -g 60 -c:a aac`,
      '.mkv',
    );
    const line =
      `filesrc location=${file} ! matroskademux name=demux ! ${codec}parse ! queue ! ` +
      'kvssink name=sink stream-name=camera streaming-type=offline demux. ! queue ! aacparse ! sink.';
    const outcome = await play(t, service, line);
    await check({
      service,
      stream: 'camera',
      outcome,
      player: codec === 'h264' ? 'chromium' : 'ffmpeg',
    });
  });
}
