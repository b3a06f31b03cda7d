import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { hex } from './support.ts';
import { ffmpeg, needs, record, run, tempDir } from './tools.ts';

const STREAMS = {
  'H.264, closed GOP': ['h264', '-c:v', 'libx264', '-x264-params', 'keyint=10:scenecut=0'],
  'H.264, open GOP: recovery points': [
    'h264',
    ...['-c:v', 'libx264', '-bf', '2', '-x264-params', 'keyint=10:open-gop=1:scenecut=0'],
  ],
  'H.265, IDR': ['h265', '-c:v', 'libx265', '-x265-params', 'keyint=10:open-gop=0:log-level=none'],
  'H.265, CRA': ['h265', '-c:v', 'libx265', '-x265-params', 'keyint=10:open-gop=1:log-level=none'],
} as const;

for (const [name, [codec, ...encoder]] of Object.entries(STREAMS)) {
  test(
    `${name}: random access points where ffprobe has key frames`,
    needs('ffmpeg', 'gst-launch-1.0'),
    (t) => {
      const dir = tempDir(t);
      const file = join(dir, `a.${codec}`);
      const input = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25', '-frames:v', '40'];
      ffmpeg(...input, '-pix_fmt', 'yuv420p', '-preset', 'veryfast', ...encoder, file);
      const flags = run('ffprobe', [
        ...['-v', 'error', '-show_entries', 'packet=flags', '-of', 'csv=p=0'],
        file,
      ]);
      const expected = [...flags.matchAll(/^([K_])/gm)].map(([, flag]) => flag === 'K');
      const { description, units } = record(
        dir,
        `filesrc location=${file} ! ${codec}parse ! video/x-${codec},stream-format=byte-stream,alignment=au`,
      );
      const adapter = createAdapter(description);
      const found = units.map((unit) => adapter.plan(unit).isRandomAccessPoint);
      assert.deepEqual(found, expected);
      assert.ok(found.filter((isRandomAccessPoint) => isRandomAccessPoint).length >= 4);
    },
  );
}

test('H.264: an open-GOP recovery point is a random access point, a gradual refresh is not', () => {
  const track = createAdapter({
    kind: 'video',
    mediaType: 'video/h264',
    streamFormat: 'byte-stream',
  });
  const isRap = (sei: string): boolean => {
    const data = hex(`000001${sei} 000001 419a00`);
    return track.plan(data).isRandomAccessPoint;
  };
  assert.equal(isRap('06 0601c4 80'), true);
  assert.equal(isRap('06 06014080'), false, 'recovery_frame_cnt 1');
  assert.equal(isRap('06 0401b5 0601c4 80'), true, 'behind another message');
  assert.equal(isRap('06 0405b50000030106 0601c4 80'), true, 'behind an escaped one');
  assert.equal(isRap('06 05ff'), false, 'cut off');
  assert.equal(track.plan(hex('000001 0601c480')).isRandomAccessPoint, false, 'no picture');
});

test('H.265: CRA and BLA are random access points, layers above 0 are not looked at', () => {
  const track = createAdapter({
    kind: 'video',
    mediaType: 'video/h265',
    streamFormat: 'byte-stream',
  });
  const isRap = (type: number, layer = 0): boolean =>
    track.plan(Buffer.of(0, 0, 1, (type << 1) | (layer >> 5), ((layer & 31) << 3) | 1, 0xaf))
      .isRandomAccessPoint;
  for (let type = 0; type < 32; type += 1) {
    assert.equal(isRap(type), type >= 16 && type <= 23, `type ${type}`);
  }
  assert.equal(isRap(19, 1), false);
});
