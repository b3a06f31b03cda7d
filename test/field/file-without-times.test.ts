import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/** Byte-stream H.264 whose parameter sets have no frame rate: h264parse gives no PTS then. */
async function fileWithoutTimes(t: TestContext): Promise<string> {
  const file = join(temporaryFolder(t), 'raw.h264');
  const line =
    'videotestsrc num-buffers=90 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
    `openh264enc gop-size=30 ! video/x-h264,stream-format=byte-stream ! filesink location=${file}`;
  await promisify(execFile)('gst-launch-1.0', ['-q', ...line.split(' ')]);
  return file;
}

/**
 * An elementary stream in a file, which comes as fast as it is read.
 *
 * https://github.com/thaytan/gst-rpicamsrc/issues/87
 * https://github.com/livekit/egress/pull/1049
 */
for (const [properties, intervalMs, warning] of [
  [
    'streaming-type=realtime',
    40,
    /no timestamps: 25 frames a second are assumed.*property framerate/,
  ],
  [
    'streaming-type=offline',
    40,
    /no timestamps: 25 frames a second are assumed.*property framerate/,
  ],
  ['framerate=10', 100, /no timestamps: 10 frames a second are assumed/],
] as const) {
  test(`a file without times has the assumed frame rate, which is reported: ${properties}`, async (t) => {
    const service = await startService(t);
    const file = await fileWithoutTimes(t);
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! h264parse ! kvssink stream-name=file ${properties}`,
    );
    await check({
      service,
      stream: 'file',
      outcome,
      timeMs: (_frame, index) => index * intervalMs,
      warnings: [warning],
    });
  });
}
