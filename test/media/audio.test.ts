import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { buildAacConfig, parseAacConfig } from '../../src/media/audio/aac-config.ts';
import type { TrackDescription } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { matroskaFile } from './matroska-file.ts';
import { adapt, hex } from './support.ts';
import { ffmpeg, ffprobe, needs, record, tempDir } from './tools.ts';

const AAC = { kind: 'audio', mediaType: 'audio/mpeg' } as const;

/** ADTS frames by the length in their header. */
function adtsFrames(stream: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = (stream.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    frames.push(stream.subarray(at, at + length));
    at += length;
  }
  return frames;
}

describe('AudioSpecificConfig', () => {
  const cases: [string, string, Partial<ReturnType<typeof parseAacConfig>>][] = [
    ['LC, 48 kHz, stereo', '1190', { objectType: 2, samplingFrequencyHz: 48000, channels: 2 }],
    ['LC, 44.1 kHz, mono', '1208', { objectType: 2, samplingFrequencyHz: 44100, channels: 1 }],
    ['LC, 8 channels', '11b8', { channels: 8 }],
    ['LC, explicit 12345 Hz', '1780181c90', { samplingFrequencyHz: 12345, channels: 2 }],
    [
      'HE, hierarchical signalling',
      '2b920800',
      { objectType: 2, samplingFrequencyHz: 22050, channels: 2, hasSbr: true, hasPs: false },
    ],
    [
      'HE v2, hierarchical signalling: stereo from a mono core',
      'eb8a0800',
      { objectType: 2, samplingFrequencyHz: 22050, channels: 2, hasSbr: true, hasPs: true },
    ],
    [
      'HE, backward-compatible signalling',
      '139056e5a0',
      { objectType: 2, samplingFrequencyHz: 22050, channels: 2, hasSbr: true, hasPs: false },
    ],
    [
      'HE v2, backward-compatible signalling',
      '138856e5a54880',
      { objectType: 2, samplingFrequencyHz: 22050, channels: 2, hasSbr: true, hasPs: true },
    ],
    ['LC, backward-compatible signalling that says no', '139056e500', { hasSbr: false }],
  ];
  for (const [name, bytes, expected] of cases) {
    test(name, () => {
      const config = parseAacConfig(hex(bytes));
      assert.deepEqual({ ...config, ...expected }, config);
    });
  }

  test('a reserved frequency index and a reserved channel configuration are refused', () => {
    assert.throws(() => parseAacConfig(hex('1690')), {
      code: 'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
    });
    assert.throws(() => parseAacConfig(hex('11c0')), {
      code: 'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
    });
    assert.throws(() => parseAacConfig(hex('11')), { code: 'STATUS_MKV_INVALID_AAC_CPD' });
  });

  for (const [name, bytes] of cases) {
    test(`cut off anywhere: ${name}, is taken with its rate and channels, or refused as cut off`, () => {
      const whole = parseAacConfig(hex(bytes));
      // 13 bits for type, rate and channels; 24 more for an explicit rate, 9 for SBR.
      const leastBytes = bytes.startsWith('17') ? 5 : /^(2b|eb)/.test(bytes) ? 3 : 2;
      for (let length = 0; length < hex(bytes).length; length++) {
        const cut = hex(bytes).subarray(0, length);
        if (length < leastBytes) {
          assert.throws(() => parseAacConfig(cut), {
            code: 'STATUS_MKV_INVALID_AAC_CPD',
            message: `The AAC AudioSpecificConfig ends too soon: it has ${length} bytes`,
          });
          continue;
        }
        const { objectType, samplingFrequencyHz, channels, hasPs } = parseAacConfig(cut);
        assert.deepEqual(
          [objectType, samplingFrequencyHz, channels],
          // The mono core of HE v2, whose stereo is not signalled without what was cut off.
          [whole.objectType, whole.samplingFrequencyHz, whole.hasPs && !hasPs ? 1 : whole.channels],
        );
      }
    });
  }

  test('a GASpecificConfig that is cut off costs nothing where the channels are known', () => {
    // dependsOnCoreCoder, and no delay behind it.
    assert.equal(parseAacConfig(hex('1192')).channels, 2);
    assert.throws(() => parseAacConfig(hex('1180')), { code: 'STATUS_MKV_INVALID_AAC_CPD' });
  });

  test('SBR of a reserved rate in the extension does not refuse the core', () => {
    assert.deepEqual(parseAacConfig(hex('139056e5f0')), {
      objectType: 2,
      samplingFrequencyHz: 22050,
      channels: 2,
      hasSbr: true,
      hasPs: false,
    });
  });

  test('it is built from rate and channels', () => {
    assert.equal(Buffer.from(buildAacConfig(48000, 2)).toString('hex'), '1190');
    assert.equal(Buffer.from(buildAacConfig(44100, 1)).toString('hex'), '1208');
    assert.equal(parseAacConfig(buildAacConfig(7350, 8)).channels, 8);
    assert.throws(() => buildAacConfig(44000, 2), /44000 Hz/);
    assert.throws(() => buildAacConfig(48000, 9), /9 channels/);
  });
});

describe('AAC', () => {
  test('raw frames go through, with codec data or made from rate and channels', () => {
    for (const known of [{ codecData: hex('1190') }, { rateHz: 48000, channels: 2 }]) {
      const track = createAdapter({ ...AAC, streamFormat: 'raw', ...known });
      assert.equal(track.format?.codecId, 'A_AAC');
      assert.equal(track.format?.contentType, 'audio/aac');
      assert.deepEqual(Buffer.from(track.format?.codecPrivate ?? []), hex('1190'));
      const { bytes, isRandomAccessPoint } = adapt(track, hex('2110044 0'));
      assert.equal(bytes.toString('hex'), '21100440');
      assert.equal(isRandomAccessPoint, true);
    }
  });

  test('what cannot be stored is refused', () => {
    assert.throws(() => createAdapter({ ...AAC, streamFormat: 'raw' }), {
      code: 'STATUS_MKV_INVALID_AAC_CPD',
    });
    assert.throws(() => createAdapter({ ...AAC, streamFormat: 'loas' }), /stream-format=loas/);
    const track = createAdapter({ ...AAC, streamFormat: 'raw', codecData: hex('1190') });
    assert.throws(() => track.plan(Buffer.alloc(0)), { code: 'STATUS_MKV_INVALID_FRAME_DATA' });
  });

  // Frame length 9: header of 7 bytes and two of payload. 48 kHz, stereo, LC.
  const ADTS = 'fff14c800 13ffc';

  test('an ADTS frame becomes raw, the header the configuration', () => {
    const track = createAdapter({ ...AAC, streamFormat: 'adts' });
    assert.equal(track.formatRevision, 0);
    assert.equal(adapt(track, hex(`${ADTS} 2110`)).bytes.toString('hex'), '2110');
    assert.equal(Buffer.from(track.format?.codecPrivate ?? []).toString('hex'), '1190');
    assert.equal(track.format?.samplingFrequencyHz, 48000);
    assert.equal(track.formatRevision, 1);
    adapt(track, hex(`${ADTS} 2111`));
    assert.equal(track.formatRevision, 1);
    adapt(track, hex('fff14c400 13ffc 2111'));
    assert.equal(track.formatRevision, 2);
    assert.equal(track.format?.channels, 1);
  });

  test('without a stream format the first frame shows ADTS', () => {
    const track = createAdapter({ kind: 'audio', mediaType: 'audio/aac' });
    assert.equal(adapt(track, hex(`${ADTS} 2110`)).bytes.toString('hex'), '2110');
  });

  test('several ADTS frames in one buffer are stored one behind the other', () => {
    const track = createAdapter({ ...AAC, streamFormat: 'adts' });
    const { bytes } = adapt(track, hex(`${ADTS} 2110 ${ADTS} 3110`));
    assert.equal(bytes.toString('hex'), '21103110');
  });

  test('a checksum is left out', () => {
    const track = createAdapter({ ...AAC, streamFormat: 'adts' });
    assert.equal(adapt(track, hex('fff04c80017ffc aabb 2110')).bytes.toString('hex'), '2110');
  });

  test('several raw data blocks in one ADTS frame, without and with checksums', () => {
    const track = createAdapter({ ...AAC, streamFormat: 'adts' });
    // Three blocks of 2, 3 and 1 bytes.
    const plain = hex('fff14c8001bffe 2110 311012 41');
    assert.equal(adapt(track, plain).bytes.toString('hex'), '211031101241');
    // Positions 4 and 9 from the first block on, the header's checksum, and one behind each block.
    const checked = hex('fff04c8002fffe 0004 0009 aabb 2110ccdd 311012ccdd 41ccdd');
    assert.equal(checked.length, 25);
    checked[4] = checked.length >> 3;
    checked[5] = ((checked.length & 7) << 5) | 0x1f;
    assert.equal(adapt(track, checked).bytes.toString('hex'), '211031101241');
    checked[8] = 30;
    assert.throws(() => track.plan(checked), /raw data block/);
  });

  test('ADTS that is cut off or is none is refused', () => {
    const track = createAdapter({ ...AAC, streamFormat: 'adts' });
    for (const bytes of [
      '2110',
      'fff1',
      'fff14c80013ffc',
      `${ADTS} 21`,
      'fff14c80003ffc',
      `${ADTS} 2110 21`,
      'fff14c8000fffc',
      'fff04c80013ffcaabb',
    ]) {
      assert.throws(() => track.plan(hex(bytes)), { code: 'STATUS_MKV_INVALID_FRAME_DATA' }, bytes);
    }
    assert.throws(() => track.plan(hex('fff174800 13ffc 2110')), {
      code: 'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
    });
  });

  test(
    'channels of a program config element: the configuration is ffmpeg’s',
    needs('ffmpeg'),
    (t) => {
      const dir = tempDir(t);
      const [stream, theirs, ours] = ['a.aac', 'theirs.mkv', 'ours.mkv'].map((name) =>
        join(dir, name),
      );
      assert.ok(stream && theirs && ours);
      // 2.1 has no channel configuration of its own, so the encoder writes an element.
      ffmpeg(
        ...['-f', 'lavfi', '-i', 'aevalsrc=sin(500*t)|sin(600*t)|sin(70*t):c=2.1:s=48000:d=1'],
        ...['-c:a', 'aac', stream],
      );
      ffmpeg('-i', stream, '-c', 'copy', theirs);
      const units = adtsFrames(readFileSync(stream));
      const description = { ...AAC, streamFormat: 'adts' };
      const { bytes, blocks, adapter } = matroskaFile({ description, units }, 1024 / 48);
      assert.equal(blocks, units.length);
      assert.equal(adapter.format?.channels, 3);
      let expected: Uint8Array | undefined;
      new MatroskaReader({
        tracks: ([track]) => {
          expected = track?.codecPrivate;
        },
      }).push(readFileSync(theirs));
      assert.deepEqual(adapter.format?.codecPrivate, expected);
      writeFileSync(ours, bytes);
      const [probed] = ffprobe(ours);
      assert.equal(probed?.['channels'], 3);
      assert.equal(Number(probed?.['nb_read_frames']), blocks);
    },
  );

  test(
    'every part of a buffer with several ADTS frames is decoded',
    needs('ffmpeg', 'gst-launch-1.0'),
    (t) => {
      const dir = tempDir(t);
      const { description, units } = record(
        dir,
        'audiotestsrc num-buffers=60 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! audio/mpeg,stream-format=adts',
      );
      const pairs = Array.from({ length: Math.floor(units.length / 2) }, (_, i) =>
        Buffer.concat(units.slice(2 * i, 2 * i + 2)),
      );
      const file = join(dir, 'a.mkv');
      writeFileSync(file, matroskaFile({ description, units: pairs }, 2048 / 48).bytes);
      assert.equal(Number(ffprobe(file)[0]?.['nb_read_frames']), 2 * pairs.length);
    },
  );
});

describe('G.711', () => {
  const track = (mediaType: string, more: Partial<TrackDescription> = {}): TrackDescription => ({
    kind: 'audio',
    mediaType,
    rateHz: 8000,
    channels: 1,
    ...more,
  });

  test('codec private data is upstream’s, its byte rate of an eighth included', () => {
    const { format } = createAdapter(track('audio/x-alaw'));
    assert.equal(
      Buffer.from(format?.codecPrivate ?? []).toString('hex'),
      '0600' + '0100' + '401f0000' + 'e8030000' + '0100' + '0000' + '0000',
    );
    assert.equal(format?.codecId, 'A_MS/ACM');
    assert.equal(format?.contentType, 'audio/alaw');
    const mulaw = createAdapter(track('audio/mulaw', { rateHz: 16000, channels: 2 })).format;
    assert.equal(
      Buffer.from(mulaw?.codecPrivate ?? []).toString('hex'),
      '0700' + '0200' + '803e0000' + 'a00f0000' + '0200' + '0000' + '0000',
    );
    assert.equal(mulaw?.contentType, 'audio/mulaw');
  });

  test('codec data that is given is read', () => {
    const codecData = hex('0600 0200 401f0000 803e0000 0200 0800 0000');
    const { format } = createAdapter({ kind: 'audio', mediaType: 'audio/alaw', codecData });
    assert.equal(format?.channels, 2);
    assert.equal(format?.bitDepth, 8);
    assert.throws(() => createAdapter({ kind: 'audio', mediaType: 'audio/mulaw', codecData }), {
      code: 'STATUS_MKV_INVALID_AMS_ACM_CPD',
    });
  });

  test('rates and channels outside upstream’s are refused', () => {
    for (const wrong of [{ rateHz: 7999 }, { rateHz: 192001 }, { channels: 3 }, { channels: 0 }]) {
      assert.throws(() => createAdapter(track('audio/x-alaw', wrong)), {
        code: 'STATUS_MKV_INVALID_AMS_ACM_CPD',
      });
    }
    assert.throws(() => createAdapter({ kind: 'audio', mediaType: 'audio/alaw' }), /rate/);
  });
});

describe('Opus', () => {
  test('OpusHead is the codec private data, given or made', () => {
    const given = Buffer.concat([Buffer.from('OpusHead'), hex('01 02 3801 80bb0000 0000 00')]);
    const description = { kind: 'audio', mediaType: 'audio/x-opus' } as const;
    const { format } = createAdapter({ ...description, codecData: given });
    assert.deepEqual(Buffer.from(format?.codecPrivate ?? []), given);
    assert.equal(format?.channels, 2);
    assert.equal(format?.samplingFrequencyHz, 48000);
    const made = createAdapter({ ...description, channels: 1, rateHz: 16000 }).format;
    assert.equal(
      Buffer.from(made?.codecPrivate ?? []).toString('latin1'),
      'OpusHead\x01\x01\0\0\x80\x3e\0\0\0\0\0',
    );
    assert.throws(() => createAdapter({ ...description, codecData: hex('1190') }), /OpusHead/);
    assert.throws(() => createAdapter(description), /channels/);
    assert.throws(() => createAdapter({ ...description, channels: 6 }), /6 channels/);
  });
});
