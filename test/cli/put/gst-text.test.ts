import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCaps,
  parseSegment,
  parseStreamId,
  parseTags,
} from '../../../src/cli/put/gstreamer/gst-text.ts';

test('caps become their name and fields', () => {
  const { name, fields } = parseCaps(
    'video/x-h264, stream-format=(string)avc, width=(int)320, framerate=(fraction)30000/1001, ' +
      'codec_data=(buffer)0164000d, parsed=(boolean)true, colorimetry=(string)"bt709\\ x"',
  );
  assert.equal(name, 'video/x-h264');
  assert.deepEqual(fields, {
    'stream-format': 'avc',
    width: 320,
    framerate: '30000/1001',
    codec_data: '0164000d',
    parsed: true,
    colorimetry: 'bt709 x',
  });
});

const SEGMENT =
  'GstEventSegment, segment=(GstSegment)"segment, flags=(GstSegmentFlags)GST_SEGMENT_FLAG_NONE, ' +
  'rate=(double)1, format=(GstFormat)FORMAT, base=(guint64)5, offset=(guint64)0, ' +
  'start=(guint64)66666666, stop=(guint64)18446744073709551615, time=(guint64)0;";';

test('a segment of time says what begins when, however its inner structure is escaped', () => {
  const text = SEGMENT.replace('FORMAT', 'time');
  const segment = { startNs: 66_666_666n, baseNs: 5n };
  assert.deepEqual(parseSegment(text), segment);
  assert.deepEqual(parseSegment(text.replaceAll('=', '\\=').replaceAll(' ', '\\ ')), segment);
  assert.equal(parseSegment(SEGMENT.replace('FORMAT', 'bytes')), undefined);
});

test('a stream-start event names its stream', () => {
  assert.equal(
    parseStreamId('GstEventStreamStart, stream-id=(string)0af:1/00000101, group-id=(uint)2;'),
    '0af:1/00000101',
  );
});

test('tags say when a file was made, and how its picture is to be turned', () => {
  const tags = parseTags(
    'GstTagList-global, taglist=(taglist)"taglist\\,\\ datetime\\=\\(datetime\\)2026-11-29T08:00:00Z\\,' +
      '\\ image-orientation\\=\\(string\\)rotate-90\\;";',
  );
  assert.deepEqual(tags, { createdMs: Date.UTC(2026, 10, 29, 8), orientation: 'rotate-90' });
  const none = { createdMs: undefined, orientation: undefined };
  assert.deepEqual(parseTags('GstTagList-stream, taglist=(taglist)"taglist\\;";'), none);
});
