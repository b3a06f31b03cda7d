import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { ReadTrack } from '../../src/matroska/reader-handlers.ts';
import { RangeList } from '../../src/media/bits/range-list.ts';
import type { TrackFormat } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { parseH264Sps } from '../../src/media/h264/h264-sps.ts';
import { parseH265Sps } from '../../src/media/h265/h265-sps.ts';
import { scanAnnexB } from '../../src/media/nal/nal-units.ts';
import { ffmpeg, ffprobe, needs, run, tempDir } from './tools.ts';

/** Encoder settings: size, then the options of ffmpeg's libx264 or libx265. */
type Encoding = readonly string[];

const H264: Record<string, Encoding> = {
  'Constrained Baseline': ['320x240', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p'],
  'Main, 1080 cropped from 1088': ['1920x1080', '-pix_fmt', 'yuv420p', '-coder', '1'],
  'High, B-frames': ['176x144', '-pix_fmt', 'yuv420p', '-bf', '2', '-preset', 'medium'],
  'High, odd macroblocks': ['66x50', '-pix_fmt', 'yuv420p', '-preset', 'fast'],
  'High, scaling matrices': ['640x480', '-pix_fmt', 'yuv420p', '-x264-params', 'cqm=jvt'],
  'High, own scaling lists': [
    ...['320x240', '-pix_fmt', 'yuv420p', '-preset', 'fast', '-x264-params'],
    'cqm4=6,13,20,28,13,20,28,32,20,28,32,37,28,32,37,42',
  ],
  'High 10': ['640x362', '-pix_fmt', 'yuv420p10le'],
  'High 4:2:2': ['642x362', '-pix_fmt', 'yuv422p'],
  'High 4:2:2, 10 bits': ['642x362', '-pix_fmt', 'yuv422p10le'],
  'High 4:4:4': ['322x243', '-pix_fmt', 'yuv444p'],
  'High 4:4:4, 10 bits, own scaling lists': [
    '322x243',
    '-pix_fmt',
    'yuv444p10le',
    '-x264-params',
    'cqm=jvt',
  ],
  Monochrome: ['322x242', '-pix_fmt', 'gray'],
  'RGB, lossless': ['322x242', '-c:v', 'libx264rgb', '-qp', '0'],
  'Interlaced, 576': ['720x576', '-pix_fmt', 'yuv420p', '-flags', '+ilme+ildct'],
  'Interlaced, 1080': ['1920x1080', '-pix_fmt', 'yuv420p', '-x264-params', 'interlaced=1'],
  'HRD and colours in the VUI': [
    ...['640x480', '-pix_fmt', 'yuv420p', '-b:v', '1M', '-maxrate', '1M', '-bufsize', '1M'],
    ...['-color_primaries', 'bt709', '-x264-params', 'nal-hrd=cbr:sar=4/3'],
  ],
  'Very wide': ['4096x128', '-pix_fmt', 'yuv420p'],
};

const H265: Record<string, Encoding> = {
  Main: ['320x240', '-pix_fmt', 'yuv420p'],
  'Main, 1080': ['1920x1080', '-pix_fmt', 'yuv420p'],
  'Main, conformance window': ['322x246', '-pix_fmt', 'yuv420p'],
  'Main 10': ['642x362', '-pix_fmt', 'yuv420p10le'],
  '4:2:2, 10 bits': ['642x362', '-pix_fmt', 'yuv422p10le'],
  '4:4:4, odd height': ['322x243', '-pix_fmt', 'yuv444p'],
  '4:2:0, 12 bits': ['320x240', '-pix_fmt', 'yuv420p12le'],
  Monochrome: ['322x242', '-pix_fmt', 'gray'],
  'HRD, scaling lists, slices': [
    ...['640x480', '-pix_fmt', 'yuv420p', '-x265-params'],
    'hrd=1:vbv-bufsize=1000:vbv-maxrate=1000:bitrate=800:scaling-list=default:slices=2',
  ],
  'temporal layers': ['320x240', '-pix_fmt', 'yuv420p', '-x265-params', 'temporal-layers=2'],
};

function h264Options([size = '', ...options]: Encoding): string[] {
  const rest = options.includes('-c:v') ? options : ['-c:v', 'libx264', ...options];
  const preset = options.includes('-preset') ? [] : ['-preset', 'ultrafast'];
  return ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '3', ...preset, ...rest];
}

function h265Options([size = '', ...options]: Encoding): string[] {
  const at = options.indexOf('-x265-params');
  const own = at < 0 ? [] : options.slice(at + 1);
  const quiet = [...own, 'bframes=0', 'log-level=none'].join(':');
  const rest = at < 0 ? options : options.slice(0, at);
  const input = ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-frames:v', '3'];
  return [...input, '-preset', 'ultrafast', '-c:v', 'libx265', ...rest, '-x265-params', quiet];
}

/** Puts a bare stream into a file: only its header matters, but a packet needs a time. */
function intoMatroska(stream: string, file: string): void {
  const times = ['-bsf:v', 'setts=pts=N*40:dts=N*40'];
  ffmpeg('-fflags', '+genpts', '-r', '25', '-i', stream, '-c', 'copy', ...times, file);
}

/** The format that an adapter finds in a byte stream. */
function formatOf(mediaType: string, stream: Buffer): TrackFormat {
  const adapter = createAdapter({ kind: 'video', mediaType, streamFormat: 'byte-stream' });
  // All frames as one access unit: only the parameter sets matter here.
  adapter.plan(stream);
  assert.ok(adapter.format);
  return adapter.format;
}

function firstTrack(file: string): ReadTrack {
  let found: ReadTrack | undefined;
  const reader = new MatroskaReader({
    tracks: ([track]) => {
      found = track;
    },
  });
  reader.push(readFileSync(file));
  assert.ok(found);
  return found;
}

function gstCodecData(parser: string, caps: string, file: string): string | undefined {
  const output = run('gst-launch-1.0', [
    '-v',
    ...`filesrc location=${file} ! ${parser} ! ${caps} ! fakesink`.split(' '),
  ]);
  return /codec_data=\(buffer\)([0-9a-f]+)/.exec(output)?.[1];
}

function findNal(stream: Buffer, isWanted: (header: number) => boolean): Buffer {
  const list = new RangeList();
  scanAnnexB(stream, list);
  for (let i = 0; i < list.count; i += 1) {
    const nal = stream.subarray(list.starts[i], list.ends[i]);
    if (isWanted(nal[0] ?? 0)) return nal;
  }
  throw new Error('no such NAL unit');
}

for (const [name, encoding] of Object.entries(H264)) {
  test(
    `H.264 ${name}: size as ffprobe has it, avcC as ffmpeg and GStreamer write it`,
    needs('ffmpeg', 'gst-launch-1.0'),
    (t) => {
      const dir = tempDir(t);
      const [stream, file] = [join(dir, 'a.h264'), join(dir, 'a.mkv')];
      ffmpeg(...h264Options(encoding), '-bsf:v', 'dump_extra', stream);
      intoMatroska(stream, file);
      const bytes = readFileSync(stream);
      const format = formatOf('video/x-h264', bytes);
      const [probed] = ffprobe(stream);
      assert.equal(format.width, probed?.['width']);
      assert.equal(format.height, probed?.['height']);
      const avcC = Buffer.from(format.codecPrivate ?? []).toString('hex');
      assert.equal(avcC, Buffer.from(firstTrack(file).codecPrivate ?? []).toString('hex'));
      // The four bytes that ISO/IEC 14496-15 adds for High and above are left out by GStreamer
      // 1.22 and written by 1.26; ffmpeg has vouched for them either way.
      const gst = gstCodecData('h264parse', 'video/x-h264,stream-format=avc', stream);
      const profile = Number.parseInt(avcC.slice(2, 4), 16);
      const extension = [66, 77, 88].includes(profile) ? '' : avcC.slice(-8);
      const omitted = gst?.length === avcC.length ? '' : extension;
      assert.equal(avcC, `${gst}${omitted}`);
      const sps = parseH264Sps(findNal(bytes, (header) => (header & 31) === 7));
      assert.equal(sps.frameRate, 25);
    },
  );
}

for (const [name, encoding] of Object.entries(H265)) {
  test(
    `H.265 ${name}: size as ffprobe has it, hvcC as ffmpeg and GStreamer write it`,
    needs('ffmpeg', 'gst-launch-1.0'),
    (t) => {
      const dir = tempDir(t);
      const [stream, file] = [join(dir, 'a.h265'), join(dir, 'a.mkv')];
      ffmpeg(...h265Options(encoding), '-f', 'hevc', stream);
      intoMatroska(stream, file);
      const bytes = readFileSync(stream);
      const format = formatOf('video/x-h265', bytes);
      const [probed] = ffprobe(stream);
      assert.equal(format.width, probed?.['width']);
      assert.equal(format.height, probed?.['height']);
      const hvcC = Buffer.from(format.codecPrivate ?? []).toString('hex');
      assert.equal(hvcC, Buffer.from(firstTrack(file).codecPrivate ?? []).toString('hex'));
      assert.equal(hvcC, gstCodecData('h265parse', 'video/x-h265,stream-format=hvc1', stream));
      const sps = parseH265Sps(findNal(bytes, (header) => header >> 1 === 33));
      assert.equal(sps.frameRate, 25);
    },
  );
}
