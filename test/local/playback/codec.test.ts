import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceError } from '../../../src/local/errors/service-error.ts';
import { mp4Track } from '../../../src/local/playback/fmp4/codec.ts';
import type { ReadTrack } from '../../../src/matroska/reader-handlers.ts';

function refusal(codecId: string, codecPrivate?: Uint8Array): string {
  try {
    mp4Track({ number: 1, type: 1, name: '', codecId, codecPrivate } as ReadTrack);
  } catch (error) {
    return (error as ServiceError).errorType;
  }
  return 'none';
}

const AVC_WITHOUT_SPS = Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe0, 0);
const HEVC_WITHOUT_ARRAYS = new Uint8Array(23).fill(1, 0, 1);

for (const [what, codecId, codecPrivate, expected] of [
  ['H.264 without any', 'V_MPEG4/ISO/AVC', undefined, 'Missing'],
  ['H.265 with none', 'V_MPEGH/ISO/HEVC', new Uint8Array(0), 'Missing'],
  [
    'H.264 in a byte stream',
    'V_MPEG4/ISO/AVC',
    Uint8Array.of(0, 0, 0, 1, 0x67, 0x64, 0),
    'Invalid',
  ],
  ['H.264 without parameter sets', 'V_MPEG4/ISO/AVC', AVC_WITHOUT_SPS, 'Invalid'],
  ['H.265 without parameter sets', 'V_MPEGH/ISO/HEVC', HEVC_WITHOUT_ARRAYS, 'Invalid'],
  ['AAC of no object type', 'A_AAC', Uint8Array.of(0, 0), 'Invalid'],
] as const) {
  test(`codec private data that no player can use is refused: ${what}`, () => {
    assert.equal(refusal(codecId, codecPrivate), `${expected}CodecPrivateDataException`);
  });
}
