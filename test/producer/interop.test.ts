import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ffprobe, needs, record, run, tempDir } from '../media/tools.ts';
import { AUDIO_TRACK, frame } from './support/media.ts';
import { makeRig } from './support/rig.ts';

const PICTURE =
  'videotestsrc num-buffers=90 ! video/x-raw,width=320,height=240,framerate=30/1 ! x264enc key-int-max=30 bframes=2';
const SOUND =
  'audiotestsrc num-buffers=140 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac';

test(
  'a session of picture and sound is read by ffprobe, mkvinfo and matroskademux without complaint',
  needs('ffprobe', 'mkvinfo', 'gst-launch-1.0'),
  async (t) => {
    const dir = tempDir(t);
    const picture = record(
      dir,
      `${PICTURE} ! h264parse ! video/x-h264,stream-format=avc,alignment=au`,
    );
    const sound = record(dir, `${SOUND} ! aacparse ! audio/mpeg,stream-format=raw`);
    const rig = await makeRig({
      streamingType: 'offline',
      trackInfoList: [
        { trackId: 1, trackName: 'kinesis_video', description: picture.description },
        { trackId: 2, trackName: 'audio', description: sound.description },
      ],
    });
    // Decoding order with two B-frames: the PTS is not known here, so DTS order stands for it.
    picture.units.forEach((data, i) => {
      rig.stream.putFrame(frame(1, (i * 1000) / 30, data));
    });
    sound.units.forEach((data, i) => {
      rig.stream.putFrame(frame(2, (i * 1024) / 48, data));
    });
    rig.stream.putFragmentMetadata('Motion', 'true', true);
    await rig.stream.stop();
    const [session, ...more] = rig.sink.sessions;
    assert.deepEqual(more, []);
    const file = join(dir, 'session.mkv');
    writeFileSync(file, session ?? '');
    const counts = ffprobe(file).map((stream) => [stream['codec_name'], stream['nb_read_frames']]);
    assert.deepEqual(counts, [
      ['h264', '90'],
      ['aac', String(sound.units.length)],
    ]);
    const info = run('mkvinfo', ['--all', file]);
    assert.doesNotMatch(info, /unknown element|error|damaged/i);
    assert.equal(info.match(/\+ Simple block/g)?.length, 90 + sound.units.length);
    const decoded = record(
      dir,
      `filesrc location=${file} ! matroskademux ! h264parse ! avdec_h264 ! videoconvert ! videoscale ! video/x-raw,width=16,height=16`,
    );
    assert.equal(decoded.units.length, 90);
  },
);

test('sound alone is read by ffprobe', needs('ffprobe', 'gst-launch-1.0'), async (t) => {
  const dir = tempDir(t);
  const sound = record(dir, `${SOUND} ! aacparse ! audio/mpeg,stream-format=raw`);
  const [track] = AUDIO_TRACK ?? [];
  assert.ok(track);
  const rig = await makeRig({ trackInfoList: [{ ...track, description: sound.description }] });
  sound.units.forEach((data, i) => {
    rig.stream.putFrame(frame(1, (i * 1024) / 48, data));
  });
  await rig.stream.stop();
  const file = join(dir, 'sound.mkv');
  writeFileSync(file, rig.sink.sessions[0] ?? '');
  assert.equal(ffprobe(file)[0]?.['nb_read_frames'], String(sound.units.length));
});
