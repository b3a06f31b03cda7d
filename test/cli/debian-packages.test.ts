import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type MissingFeature,
  type PackageIndex,
  PackageRecords,
  readAptLists,
} from '../../src/cli/launch/apt-lists.ts';
import {
  debianPackageOf,
  missingFeature,
  missingFeatureAdvice,
} from '../../src/cli/launch/debian-packages.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { temporaryFolder } from '../local/support/service.ts';
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

const NO_LISTS: PackageIndex = new Map();

/** Two records as `apt-cache dumpavail` prints them. */
const LISTS = `Package: openfx-gst
Gstreamer-Elements: x264enc, ofxfilter
Description: also has it

Package: gstreamer1.0-plugins-ugly
Gstreamer-Decoders: audio/x-dts; video/x-h265, alignment=(string)au
Gstreamer-Elements: a52dec, x264enc
Gstreamer-Encoders: video/x-h264, profile=(string){ high, main }
Gstreamer-Uri-Sources: cdda, dvd
Gstreamer-Version: 1.22
Description: one
 Gstreamer-Elements: notthis

Package: gstreamer1.0-exotic
Gstreamer-Uri-Sinks: rist

Package: gstreamer1.0-libav
Gstreamer-Decoders: video/x-h264; video/x-h265, stream-format=(string){ hvc1, byte-stream }
`;

function indexOf(text: string): PackageIndex {
  const records = new PackageRecords();
  // However the output is cut.
  for (const piece of text.match(/[\s\S]{1,7}/g) ?? []) records.push(piece);
  records.end();
  return records.index;
}

function element(name: string): MissingFeature {
  return { kind: 'element', name };
}

test('without lists of apt, every element of the documented pipelines has its package', () => {
  for (const [name, debianPackage] of Object.entries(DOCUMENTED)) {
    assert.equal(debianPackageOf(element(name), NO_LISTS), debianPackage, name);
  }
});

test('the fields of apt’s records tell the package of elements, sources and sinks', () => {
  const index = indexOf(LISTS);
  assert.equal(debianPackageOf(element('a52dec'), index), 'gstreamer1.0-plugins-ugly');
  assert.equal(
    debianPackageOf({ kind: 'source', name: 'dvd' }, index),
    'gstreamer1.0-plugins-ugly',
  );
  assert.equal(debianPackageOf({ kind: 'sink', name: 'rist' }, index), 'gstreamer1.0-exotic');
  assert.equal(debianPackageOf({ kind: 'source', name: 'rist' }, index), undefined);
  assert.equal(debianPackageOf(element('notthis'), index), undefined);
});

test('decoders and encoders are found by their media type, decoders first in ffmpeg’s package', () => {
  const index = indexOf(LISTS);
  const owner = (kind: MissingFeature['kind'], name: string) =>
    debianPackageOf({ kind, name }, index);
  assert.equal(owner('decoder', 'video/x-h265'), 'gstreamer1.0-libav');
  assert.equal(owner('decoder', 'audio/x-dts'), 'gstreamer1.0-plugins-ugly');
  assert.equal(owner('encoder', 'video/x-h264'), 'gstreamer1.0-plugins-ugly');
  assert.equal(owner('encoder', 'video/x-vp8'), undefined);
  const unknown = missingFeatureAdvice({ kind: 'encoder', name: 'video/x-vp8' }, index);
  assert.equal(unknown, 'No package in apt’s lists has an encoder for video/x-vp8.');
});

test('an element that several packages have is of GStreamer’s own module', () => {
  const index = indexOf(LISTS);
  assert.equal(debianPackageOf(element('x264enc'), index), 'gstreamer1.0-plugins-ugly');
});

/** What looks like an element's name, and is none. */
const MISSPELLED = ['rtpH264depay', 'rtps', 'x264encc', 'v4l2nosuch'];

test('no package is named for an element that has none', () => {
  for (const name of MISSPELLED) {
    assert.equal(debianPackageOf(element(name), NO_LISTS), undefined, name);
    assert.match(missingFeatureAdvice(element(name), NO_LISTS), /spelled right/);
  }
});

test(
  'apt’s lists agree with the packages that are installed here',
  needs('apt-cache'),
  async (t) => {
    const index = await readAptLists();
    if (index.size === 0) return t.skip('apt has no lists here');
    for (const [name, debianPackage] of Object.entries(DOCUMENTED)) {
      assert.equal(debianPackageOf(element(name), index), debianPackage, name);
    }
  },
);

test(
  'the table agrees with the packages that are installed here',
  needs('gst-inspect-1.0', 'dpkg'),
  () => {
    let checked = 0;
    for (const name of Object.keys(DOCUMENTED)) {
      const inspect = spawnSync('gst-inspect-1.0', [name], { encoding: 'utf8' });
      const file = /^ *Filename +(\S+)/m.exec(inspect.stdout ?? '')?.[1];
      // Debian 12 has GStreamer look in /lib, which is /usr/lib; dpkg knows the latter.
      const path = file && realpathSync(file);
      const owner = path && spawnSync('dpkg', ['-S', path], { encoding: 'utf8' }).stdout;
      const debianPackage = owner && /^([^:]+)/.exec(owner)?.[1];
      if (!debianPackage) continue;
      assert.equal(debianPackageOf(element(name), NO_LISTS), debianPackage, name);
      checked++;
    }
    assert.ok(checked > 10, `${checked} elements are in packages`);
  },
);

test('a parser’s message says what is missing, an element or a source for a URI', () => {
  assert.deepEqual(missingFeature('no element "x264enc"'), element('x264enc'));
  assert.deepEqual(missingFeature('no source element for URI "RTSP://h/1"'), {
    kind: 'source',
    name: 'rtsp',
  });
  assert.equal(missingFeature('could not link a to b'), undefined);
  const decoding =
    'no suitable plugins found:\nMissing decoder: H.264 (High Profile) (video/x-h264)';
  assert.deepEqual(missingFeature(decoding), { kind: 'decoder', name: 'video/x-h264' });
});

test('the advice says what to type, or where to look', () => {
  assert.match(
    missingFeatureAdvice(element('x264enc'), NO_LISTS),
    /sudo apt-get install gstreamer1\.0-plugins-ugly/,
  );
  assert.match(
    missingFeatureAdvice(element('omxh264enc'), NO_LISTS),
    /not on this platform.*v4l2h264enc/,
  );
  assert.match(missingFeatureAdvice(element('nvv4l2h264enc'), NO_LISTS), /JetPack/);
  assert.match(
    missingFeatureAdvice({ kind: 'source', name: 'rtsp' }, NO_LISTS),
    /a source for "rtsp:" is in gstreamer1\.0-plugins-good/,
  );
});

test('kvs-launch asks apt for the package of an element that a pipeline lacks', (t) => {
  const folder = temporaryFolder(t);
  const apt = join(folder, 'apt-cache');
  writeFileSync(apt, '#!/bin/sh\nprintf "Package: gst-moon\\nGstreamer-Elements: moonsink\\n"\n');
  chmodSync(apt, 0o755);
  const command = join(packageRoot, 'bin', 'kvs-launch.js');
  const { status, stderr } = spawnSync(
    process.execPath,
    [command, 'videotestsrc', '!', 'moonsink', '!', 'kvssink'],
    { encoding: 'utf8', env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` } },
  );
  assert.equal(status, 1);
  assert.match(stderr, /no element "moonsink"[\s\S]*sudo apt-get install gst-moon/);
});
