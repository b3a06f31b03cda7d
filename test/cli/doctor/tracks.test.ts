// What comes to kvssink, counted and judged, without GStreamer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/cli/doctor/findings/finding.ts';
import { failureFinding, trackFindings } from '../../../src/cli/doctor/probe/pipeline-findings.ts';
import type { TrackReport } from '../../../src/cli/doctor/probe/probe-report.ts';
import { TrackStatistics } from '../../../src/cli/doctor/probe/track-statistics.ts';
import { FrameFlag } from '../../../src/host/wire/wire.ts';

const FRAME_NS = 40_000_000n;

/** VP8, whose key frames the flags tell: 25 frames a second. */
function counted(
  ptsNs: readonly (bigint | undefined)[],
  isKeyFrame: (index: number) => boolean = () => true,
): TrackReport {
  const track = new TrackStatistics('kvssink0', 1, { codecId: 'V_VP8' });
  track.caps({ name: 'video/x-vp8', fields: {} });
  for (const [index, pts] of ptsNs.entries()) {
    track.frame({
      flags: isKeyFrame(index) ? FrameFlag.keyFrame : 0,
      ptsNs: pts,
      monotonicNs: BigInt(index) * FRAME_NS,
      payload: Buffer.alloc(100),
    });
  }
  return track.report();
}

function regular(frames: number): bigint[] {
  return Array.from({ length: frames }, (_, index) => BigInt(index) * FRAME_NS);
}

function find(report: TrackReport, check: string): Finding {
  const found = trackFindings(report, false).find((finding) => finding.check === check);
  assert.ok(found, `no finding about ${check}`);
  return found;
}

describe('what a track’s frames say', () => {
  it('counts frames, key frames, bytes and the longest interval', () => {
    const report = counted(regular(151), (index) => index % 50 === 0);
    const { frames, keyFrames, bytes, spanMs, longestKeyIntervalMs } = report;
    assert.deepEqual(
      { frames, keyFrames, bytes, spanMs, longestKeyIntervalMs },
      { frames: 151, keyFrames: 4, bytes: 15_100, spanMs: 6000, longestKeyIntervalMs: 2000 },
    );
    assert.equal(find(report, 'key frames').status, 'ok');
  });

  it('finds a key-frame interval of 30 s to be a problem, with the encoder’s setting', () => {
    const report = counted(regular(1501), (index) => index % 750 === 0);
    const { status, text, remedy } = find(report, 'key frames');
    assert.equal(status, 'problem');
    assert.match(text, /30 s apart/);
    assert.match(remedy ?? '', /key-int-max=50/);
  });

  it('finds one key frame in 11 s a problem, in 5 s a warning, and none at all a problem', () => {
    const first = (index: number): boolean => index === 0;
    assert.equal(find(counted(regular(276), first), 'key frames').status, 'problem');
    assert.equal(find(counted(regular(126), first), 'key frames').status, 'warning');
    assert.equal(
      find(
        counted(regular(126), () => false),
        'key frames',
      ).status,
      'problem',
    );
  });

  it('finds nothing wrong with frequent key frames, which kvssink puts into fragments of a second', () => {
    for (const every of [1, 5]) {
      const report = counted(regular(100), (index) => index % every === 0);
      assert.equal(find(report, 'key frames').status, 'ok');
    }
  });

  it('finds B-frames, which cost a live stream time', () => {
    const reordered = [0n, 3n, 1n, 2n, 6n, 4n, 5n].map((index) => index * FRAME_NS);
    const report = counted(reordered);
    assert.equal(report.reordered, 2);
    assert.equal(find({ ...report, isLive: false }, 'B-frames').status, 'ok');
    const live = find({ ...report, isLive: true }, 'B-frames');
    assert.equal(live.status, 'warning');
    assert.match(live.remedy ?? '', /bframes=0/);
  });

  it('finds frames without PTS, and times that jump back', () => {
    const missing = find(counted([0n, undefined, FRAME_NS * 2n]), 'timestamps');
    assert.match(missing.text, /1 of 3 frames have no PTS/);
    assert.match(missing.remedy ?? '', /do-timestamp/);
    const back = find(counted([10_000_000_000n, 10_040_000_000n, 0n, FRAME_NS]), 'timestamps');
    assert.equal(back.text, 'They jumped back.');
  });

  it('warns of a codec that is stored, but not played, and of profiles for studios', () => {
    const report = counted(regular(50));
    assert.match(find(report, 'media').text, /neither the console nor HLS plays it/);
    const studio = { ...report, mediaType: 'video/x-h264', profile: 'High 4:2:2' };
    assert.match(find(studio, 'media').text, /Browsers do not play High 4:2:2/);
    const usual = { ...report, mediaType: 'video/x-h264', profile: 'High' };
    assert.equal(find(usual, 'media').status, 'ok');
  });

  it('finds bytes that are not what the caps say', () => {
    const track = new TrackStatistics('kvssink0', 1);
    track.caps({
      name: 'video/x-h264',
      fields: { 'stream-format': 'byte-stream', alignment: 'au' },
    });
    track.frame({ flags: 1, ptsNs: 0n, monotonicNs: 0n, payload: Buffer.from('no NAL unit') });
    const { status, remedy } = find(track.report(), 'media');
    assert.equal(status, 'problem');
    assert.match(remedy ?? '', /h264parse/);
  });

  it('finds caps that say too little to store anything', () => {
    const track = new TrackStatistics('kvssink0', 1);
    track.caps({ name: 'video/x-vp8', fields: {} });
    track.frame({ flags: 1, ptsNs: 0n, monotonicNs: 0n, payload: Buffer.alloc(1) });
    const { status, remedy } = find(track.report(), 'media');
    assert.equal(status, 'problem');
    assert.match(remedy ?? '', /codec id/);
  });

  it('puts the pieces of an access unit together', () => {
    const track = new TrackStatistics('kvssink0', 1);
    track.caps({ name: 'video/x-vp8', fields: {} });
    const piece = { ptsNs: 0n, monotonicNs: 0n, payload: Buffer.alloc(10) };
    track.frame({ ...piece, flags: FrameFlag.piece });
    track.frame({ ...piece, flags: FrameFlag.piece | FrameFlag.lastPiece });
    const { frames, bytes } = track.report();
    assert.deepEqual({ frames, bytes }, { frames: 1, bytes: 20 });
  });

  it('finds a track to which nothing has come', () => {
    const [finding] = trackFindings(new TrackStatistics('kvssink0', 1).report(), false);
    assert.equal(finding?.symptom, 'no-frames-arrive');
    assert.equal(finding?.status, 'problem');
  });
});

describe('why a pipeline did not play', () => {
  const NO_LISTS = new Map<string, string>();

  it('is a missing element, with the package that has it', () => {
    const { symptom, remedy } = failureFinding('no element "x264enc"', '', NO_LISTS);
    assert.equal(symptom, 'no-element-or-the-wrong-kvssink');
    assert.match(remedy ?? '', /apt-get install gstreamer1\.0-plugins-ugly/);
  });

  it('is a decoder that decodebin lacks, with the package that has one', () => {
    const text = 'Your GStreamer installation is missing a plug-in.';
    const debug =
      'gstdecodebin2.c(4704): gst_decode_bin_expose (): /GstPipeline:pipeline0/GstDecodeBin:decodebin0:\n' +
      'no suitable plugins found:\nMissing decoder: H.265 (Main Profile) (video/x-h265, level=(string)3)\n';
    const { symptom, remedy } = failureFinding(text, debug, NO_LISTS);
    assert.equal(symptom, 'no-element-or-the-wrong-kvssink');
    assert.match(remedy ?? '', /a decoder for video\/x-h265 is in gstreamer1\.0-libav: sudo apt/);
  });

  it('is in the words of the element that failed, with a way to see more', () => {
    const debug =
      'gstfilesrc.c(532): gst_file_src_start (): /GstPipeline:pipeline0/GstFileSrc:filesrc0:\n' +
      'No such file "/nowhere"';
    const finding = failureFinding('Resource not found.', debug, NO_LISTS);
    assert.equal(finding.text, 'Resource not found: filesrc0: No such file "/nowhere".');
    assert.match(finding.remedy ?? '', /gst-launch-1\.0 -v … ! fakesink/);
  });

  it('is a camera that cannot be opened', () => {
    const text = "Cannot identify device '/dev/video0'.";
    assert.equal(failureFinding(text, '', NO_LISTS).symptom, 'the-camera-is-not-found');
  });

  it('is two neighbours without a common format', () => {
    const linking = failureFinding('could not link a to kvssink0', '', NO_LISTS);
    assert.equal(linking.symptom, 'not-negotiated-or-could-not-link');
    const debug = 'streaming stopped, reason not-negotiated (-4)';
    const negotiating = failureFinding('Internal data stream error.', debug, NO_LISTS);
    assert.equal(negotiating.symptom, 'not-negotiated-or-could-not-link');
  });
});
