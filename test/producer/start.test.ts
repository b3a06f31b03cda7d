import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import { audioUnit, frame, video } from './support/media.ts';
import { makeRig } from './support/rig.ts';

const ANNEX_B_SETS = Buffer.from('000000016742c01ed900a047fec80000000168ce3c80', 'hex');
const AVCC_START = '0142c01effe1000a6742c01ed900a047fec8';

const SOUND: { name: string; description: TrackDescription; codecData: string; hz: number }[] = [
  {
    name: 'AAC',
    description: { kind: 'audio', mediaType: 'audio/aac', streamFormat: 'raw' },
    codecData: '1190',
    hz: 48_000,
  },
  {
    name: 'A-law',
    description: { kind: 'audio', mediaType: 'audio/alaw', rateHz: 8_000, channels: 1 },
    codecData: '06000100401f0000e803000001000800' + '0000',
    hz: 8_000,
  },
  {
    name: 'mu-law',
    description: { kind: 'audio', mediaType: 'audio/mulaw', rateHz: 8_000, channels: 1 },
    codecData: '07000100401f0000e803000001000800' + '0000',
    hz: 8_000,
  },
];

for (const { name, description, codecData, hz } of SOUND) {
  test(`codec private data after creation: H.264 in Annex B, and ${name}`, async () => {
    const rig = await makeRig({
      trackInfoList: [
        { trackId: 1, trackName: 'kinesis_video', kind: 'video' },
        { trackId: 2, trackName: 'audio', description },
      ],
    });
    rig.stream.start(ANNEX_B_SETS);
    rig.stream.start(Buffer.from(codecData, 'hex'), 2);
    for (const one of video(30)) rig.stream.putFrame(one);
    rig.stream.putFrame(frame(2, 500, audioUnit(1), { isKeyFrame: true }));
    await rig.stream.stop();
    const tracks = rig.sink.read()[0]?.tracks ?? [];
    const hex = tracks.map(({ codecPrivate }) => Buffer.from(codecPrivate ?? []).toString('hex'));
    assert.ok(hex[0]?.startsWith(AVCC_START), hex[0]);
    assert.equal(hex[1], codecData);
    assert.equal(tracks[1]?.samplingFrequencyHz, hz);
  });
}

test('tracks of which only the kind is known: contentType says the rest, or H.264 and AAC', async () => {
  for (const contentType of [undefined, 'video/h264,audio/aac']) {
    const rig = await makeRig({
      trackInfoList: [
        { trackId: 1, trackName: 'kinesis_video', kind: 'video' },
        { trackId: 2, trackName: 'audio', kind: 'audio' },
      ],
      ...(contentType === undefined ? {} : { contentType }),
    });
    rig.stream.start(ANNEX_B_SETS);
    rig.stream.start(Buffer.from('1190', 'hex'), 2);
    for (const one of video(30)) rig.stream.putFrame(one);
    rig.stream.putFrame(frame(2, 500, audioUnit(1), { isKeyFrame: true }));
    await rig.stream.stop();
    const tracks = rig.sink.read()[0]?.tracks ?? [];
    assert.deepEqual(
      tracks.map(({ codecId }) => codecId),
      ['V_MPEG4/ISO/AVC', 'A_AAC'],
    );
  }
});

test('the content type follows the tracks', async () => {
  const rig = await makeRig({
    trackInfoList: [
      { trackId: 1, trackName: 'v', description: { kind: 'video', mediaType: 'video/x-h265' } },
      { trackId: 2, trackName: 'a', description: SOUND[1]?.description ?? assert.fail() },
    ],
  });
  assert.equal(rig.sink.settings.contentType(), 'video/h265,audio/alaw');
  rig.producer.close();
});

test('raw AAC without its configuration: frames are refused, with what to do', async () => {
  const description: TrackDescription = {
    kind: 'audio',
    mediaType: 'audio/aac',
    streamFormat: 'raw',
  };
  const rig = await makeRig({ trackInfoList: [{ trackId: 1, trackName: 'audio', description }] });
  assert.throws(
    () => rig.stream.putFrame(frame(1, 0, audioUnit(1))),
    (error) => error instanceof KvsError && /start with codec private data/.test(error.advice),
  );
  rig.producer.close();
});

test('codec private data that its codec does not have is refused', async () => {
  const rig = await makeRig();
  assert.throws(
    () => rig.stream.start(Buffer.from('0000000109', 'hex')),
    (error) => error instanceof KvsError && error.code === 'STATUS_MKV_ANNEXB_CPD_MISSING_NALUS',
  );
  rig.producer.close();
});

test('codec id, content type and codec data are held to their limits as they are set', async () => {
  const rig = await makeRig();
  const text: TrackDescription = { kind: 'other', mediaType: 'text/plain', codecId: 'S_TEXT/UTF8' };
  const rows: [string, TrackDescription, TrackDescription][] = [
    [
      'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
      { ...text, codecId: 'c'.repeat(33) },
      { ...text, codecId: 'c'.repeat(32) },
    ],
    [
      'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
      { ...text, contentType: 'c'.repeat(129) },
      { ...text, contentType: 'c'.repeat(128) },
    ],
    [
      'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
      { ...text, codecData: new Uint8Array(1024 * 1024 + 1) },
      { ...text, codecData: new Uint8Array(1024 * 1024) },
    ],
  ];
  for (const [code, tooLong, longest] of rows) {
    assert.throws(
      () => rig.stream.setTrackFormat(1, tooLong),
      (error: unknown) => error instanceof KvsError && error.code === code,
    );
    rig.stream.setTrackFormat(1, longest);
  }
  rig.producer.close();
});
