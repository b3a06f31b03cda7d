import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { jpegSize } from '../../src/media/mjpeg.ts';
import { adapt, hex } from './support.ts';

/** The beginning of a JPEG of 0x0142 x 0x00f2 pixels: SOI, APP0, a fill byte, SOF0. */
const JPEG = 'ffd8 ffe000040102 ff ffc0 0011 08 00f2 0142 03 012200 021101 031101';

const mjpeg = { kind: 'video', mediaType: 'image/jpeg' } as const;

test('M-JPEG: BITMAPINFOHEADER with the size of the frame', () => {
  const track = createAdapter(mjpeg);
  assert.equal(track.formatRevision, 0);
  const { bytes, isRandomAccessPoint } = adapt(track, hex(JPEG));
  assert.deepEqual(bytes, hex(JPEG));
  assert.equal(isRandomAccessPoint, true);
  const { format } = track;
  assert.equal(format?.codecId, 'V_MS/VFW/FOURCC');
  assert.equal(format?.contentType, 'video/x-matroska');
  assert.equal(format?.width, 322);
  assert.equal(format?.height, 242);
  assert.equal(
    Buffer.from(format?.codecPrivate ?? []).toString('hex'),
    hex(`28000000 42010000 f2000000 0100 1800 4d4a5047 2c910300
         00000000 00000000 00000000 00000000`).toString('hex'),
  );
});

test('M-JPEG: the size of the caps counts until a frame says otherwise', () => {
  const track = createAdapter({ ...mjpeg, width: 322, height: 242 });
  assert.equal(track.formatRevision, 1);
  track.plan(hex(JPEG));
  assert.equal(track.formatRevision, 1);
  track.plan(hex(JPEG.replace('0142', '0280')));
  assert.equal(track.formatRevision, 2);
  assert.equal(track.format?.width, 640);
});

test('M-JPEG: V_MJPEG needs no codec private data', () => {
  const { format } = createAdapter({ ...mjpeg, width: 8, height: 8, codecId: 'V_MJPEG' });
  assert.equal(format?.codecId, 'V_MJPEG');
  assert.equal(format?.codecPrivate, undefined);
});

test('M-JPEG: what does not begin as a JPEG is refused', () => {
  assert.throws(() => createAdapter(mjpeg).plan(hex('0000')), {
    code: 'STATUS_MKV_INVALID_FRAME_DATA',
  });
  for (const bytes of [
    'ffd8',
    'ffd8ffd9',
    'ffd8ffda0004',
    'ffd8ffc0',
    'ffd8ffc0001108',
    'ffd800',
  ]) {
    assert.equal(jpegSize(hex(bytes)), undefined, bytes);
  }
});

test('any other codec goes through with its codec id and private data', () => {
  const track = createAdapter({
    kind: 'video',
    mediaType: 'video/x-vp9',
    codecId: 'V_VP9',
    contentType: 'video/x-matroska',
    codecData: hex('0102'),
    width: 640,
    height: 480,
  });
  assert.deepEqual(track.format, {
    kind: 'video',
    codecId: 'V_VP9',
    contentType: 'video/x-matroska',
    codecPrivate: hex('0102'),
    width: 640,
    height: 480,
  });
  const { bytes, isRandomAccessPoint } = adapt(track, hex('8349'));
  assert.deepEqual(bytes, hex('8349'));
  assert.equal(isRandomAccessPoint, false, 'the source’s key frame flag counts');
  assert.throws(() => track.plan(Buffer.alloc(0)), { code: 'STATUS_MKV_INVALID_FRAME_DATA' });
});

test('another codec without a codec id is an error that names the media type', () => {
  assert.throws(() => createAdapter({ kind: 'video', mediaType: 'video/x-vp9' }), {
    code: 'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
    message: /video\/x-vp9/,
  });
});

test('MP3 goes through when its codec id says so', () => {
  const track = createAdapter({
    kind: 'audio',
    mediaType: 'audio/mpeg',
    codecId: 'A_MPEG/L3',
    rateHz: 44100,
    channels: 2,
  });
  assert.equal(track.format?.codecId, 'A_MPEG/L3');
  assert.equal(track.format?.samplingFrequencyHz, 44100);
});
