import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { test } from 'node:test';
import { debianPackageOf, missingElementAdvice } from '../../src/cli/launch/debian-packages.ts';
import { needs } from '../media/tools.ts';

/** Elements of the documented pipelines. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  x264enc: 'gstreamer1.0-plugins-ugly',
  x265enc: 'gstreamer1.0-plugins-bad',
  openh264enc: 'gstreamer1.0-plugins-bad',
  h264parse: 'gstreamer1.0-plugins-bad',
  h265parse: 'gstreamer1.0-plugins-bad',
  voaacenc: 'gstreamer1.0-plugins-bad',
  tsdemux: 'gstreamer1.0-plugins-bad',
  v4l2src: 'gstreamer1.0-plugins-good',
  v4l2h264enc: 'gstreamer1.0-plugins-good',
  rtspsrc: 'gstreamer1.0-plugins-good',
  rtph264depay: 'gstreamer1.0-plugins-good',
  qtdemux: 'gstreamer1.0-plugins-good',
  matroskademux: 'gstreamer1.0-plugins-good',
  aacparse: 'gstreamer1.0-plugins-good',
  alawenc: 'gstreamer1.0-plugins-good',
  mulawenc: 'gstreamer1.0-plugins-good',
  videotestsrc: 'gstreamer1.0-plugins-base',
  audiotestsrc: 'gstreamer1.0-plugins-base',
  videoconvert: 'gstreamer1.0-plugins-base',
  audioconvert: 'gstreamer1.0-plugins-base',
  opusenc: 'gstreamer1.0-plugins-base',
  avenc_aac: 'gstreamer1.0-libav',
  avdec_h264: 'gstreamer1.0-libav',
  libcamerasrc: 'gstreamer1.0-libcamera',
  alsasrc: 'gstreamer1.0-alsa',
  timeoverlay: 'gstreamer1.0-x',
};

test('every element of the documented pipelines has its package', () => {
  for (const [element, name] of Object.entries(DOCUMENTED)) {
    assert.equal(debianPackageOf(element), name, element);
  }
});

test(
  'the table agrees with the packages that are installed here',
  needs('gst-inspect-1.0', 'dpkg'),
  () => {
    let checked = 0;
    for (const element of Object.keys(DOCUMENTED)) {
      const inspect = spawnSync('gst-inspect-1.0', [element], { encoding: 'utf8' });
      const file = /^ *Filename +(\S+)/m.exec(inspect.stdout ?? '')?.[1];
      // Debian 12 has GStreamer look in /lib, which is /usr/lib; dpkg knows the latter.
      const path = file && realpathSync(file);
      const owner = path && spawnSync('dpkg', ['-S', path], { encoding: 'utf8' }).stdout;
      const name = owner && /^([^:]+)/.exec(owner)?.[1];
      if (!name) continue;
      assert.equal(debianPackageOf(element), name, element);
      checked++;
    }
    assert.ok(checked > 10, `${checked} elements are in packages`);
  },
);

test('the advice says what to type, or where to look', () => {
  assert.match(missingElementAdvice('x264enc'), /sudo apt-get install gstreamer1\.0-plugins-ugly/);
  assert.match(missingElementAdvice('omxh264enc'), /not on this platform.*v4l2h264enc/);
  assert.match(missingElementAdvice('x264encc'), /spelled right/);
});
