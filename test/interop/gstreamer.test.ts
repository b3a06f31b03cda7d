import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isInstalled, output } from '../local/support/tools.ts';
import { openSession, type Packaging, STREAMS, startShared } from './support/sessions.ts';

const skip = isInstalled('gst-launch-1.0') ? false : 'gst-launch-1.0 is not installed';
/** I420 of 160 × 120. */
const FRAME_BYTES = (160 * 120 * 3) / 2;

const shared = await startShared();
const { service, folder } = shared;
after(shared.close);

/** The old demuxers give what the segments contain. */
const DEMUXERS: readonly (readonly [string, Packaging, string])[] = [
  ['hlsdemux', 'HLS in fragmented MP4', 'hlsdemux ! qtdemux'],
  ['hlsdemux', 'HLS in MPEG-TS', 'hlsdemux ! tsdemux'],
  ['dashdemux', 'DASH', 'dashdemux name=d d.video_00 ! qtdemux'],
];

for (const [element, packaging, demuxer] of DEMUXERS) {
  for (const name of Object.keys(STREAMS)) {
    test(`${element} reads every frame of ${packaging}, with ${name}`, { skip }, async () => {
      const url = await openSession(service, name, packaging);
      const file = join(folder, `${element}-${packaging}-${name}.yuv`.replaceAll(' ', '-'));
      const rest = 'h264parse ! avdec_h264 ! video/x-raw,format=I420 ! filesink location=';
      const printed = await output(
        'gst-launch-1.0',
        `souphttpsrc location=${url} ! ${demuxer} ! ${rest}${file}`.split(' '),
      );
      assert.doesNotMatch(printed, /ERROR|WARNING/);
      assert.equal(statSync(file).size / FRAME_BYTES, 60);
    });
  }
}

/** The new ones (hlsdemux2, dashdemux2) work in streams-aware bins alone, which choose them first. */
for (const [element, packaging] of [
  ['hlsdemux2', 'HLS in fragmented MP4'],
  ['hlsdemux2', 'HLS in MPEG-TS'],
  ['dashdemux2', 'DASH'],
] as const) {
  test(`${element} in uridecodebin3 plays picture and sound of ${packaging}`, {
    skip,
  }, async () => {
    const url = await openSession(service, 'sound', packaging);
    const [video, audio] = ['yuv', 'pcm'].map((kind) =>
      join(folder, `${element}-${packaging}.${kind}`.replaceAll(' ', '-')),
    );
    const printed = await output(
      'gst-launch-1.0',
      (
        `uridecodebin3 uri=${url} name=d d. ! queue ! video/x-raw,format=I420 ! filesink location=${video} ` +
        `d. ! queue ! audioconvert ! audio/x-raw,format=S16LE,channels=2 ! filesink location=${audio}`
      ).split(' '),
      { GST_DEBUG: 'GST_ELEMENT_FACTORY:4', GST_DEBUG_NO_COLOR: '1' },
    );
    assert.match(printed, new RegExp(`creating element "${element}"`));
    assert.doesNotMatch(printed, /ERROR/);
    assert.equal(statSync(video ?? '').size / FRAME_BYTES, 60);
    const seconds = statSync(audio ?? '').size / 4 / 48_000;
    assert.ok(Math.abs(seconds - 3) < 0.15, `${seconds} s of sound`);
  });
}
