import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdaptiveBitrate, type BitrateRange } from '../../src/cli/launch/adaptive-bitrate.ts';
import { ENCODERS } from '../../src/cli/launch/encoders.ts';
import type { BusMessage } from '../../src/host/native/native.ts';

const KBIT = 1_000;
const UNLIMITED: BitrateRange = { min: undefined, max: undefined };

/** A pipeline with one encoder, and what was set and said. */
function launched(
  factory: string,
  property: string | undefined,
  range: BitrateRange = UNLIMITED,
  takesIt = true,
) {
  const lines: string[] = [];
  let text = property;
  const adaptive = new AdaptiveBitrate(
    {
      upstreamOf: () => [
        { name: 'h264parse0', factory: 'h264parse' },
        { name: 'encoder', factory },
        { name: 'camera', factory: 'v4l2src' },
      ],
      property: () => text,
      async setProperty(_element, _name, value) {
        if (takesIt) text = value;
        return takesIt;
      },
    },
    range,
    (line) => lines.push(line),
  );
  const advise = (reason: string, bitrate: number, stream: number): Promise<void> =>
    adaptive.onMessage({
      type: 'element',
      source: 'sink',
      structureName: 'kvs-bitrate-advice',
      structure: `kvs-bitrate-advice, stream=(string)x, reason=(string)${reason}, bitrate=(guint64)${bitrate * KBIT}, stream-bitrate=(guint64)${stream * KBIT}, acknowledged-bitrate=(guint64)2000000;`,
    } as BusMessage);
  return { advise, lines, text: () => text };
}

for (const [factory, before, after] of [
  ['x264enc', '4000', '1600'],
  ['openh264enc', '4000000', '1600000'],
  [
    'v4l2h264enc',
    'controls, video_bitrate=(int)4000000, repeat_sequence_header=(int)1;',
    'controls, video_bitrate=(int)1600000, repeat_sequence_header=(int)1;',
  ],
  [
    'v4l2h264enc',
    'controls, repeat_sequence_header=(int)1;',
    'controls, repeat_sequence_header=(int)1, video_bitrate=(int)1600000;',
  ],
  ['v4l2h264enc', '', 'controls, video_bitrate=(int)1600000;'],
] as const) {
  test(`${factory} with "${before}" is set in its own unit, and the change is said`, async () => {
    const { advise, lines, text } = launched(factory, before);
    await advise('overload', 1_600, 4_000);
    assert.equal(text(), after);
    assert.deepEqual(lines, [
      'Bit rate of encoder: 4000 kbit/s to 1600 kbit/s (the connection takes 2000 kbit/s of 4000 kbit/s)',
    ]);
  });
}

test("sound, and what the encoder exceeds, are not the encoder's", async () => {
  const { advise, text } = launched('x264enc', '4000');
  await advise('overload', 2_500, 5_000);
  assert.equal(text(), '2000');
  await advise('room', 3_125, 2_500);
  assert.equal(text(), '2500');
  await advise('recovered', 5_000, 3_125);
  assert.equal(text(), '4000');
});

test('an encoder that makes less than it is set to is set to what the connection takes', async () => {
  const { advise, text } = launched('x264enc', '8000');
  await advise('overload', 800, 1_000);
  assert.equal(text(), '800');
});

test('the bit rate stays between floor and ceiling', async () => {
  const { advise, text } = launched('x264enc', '4000', { min: 500 * KBIT, max: 3_000 * KBIT });
  await advise('overload', 100, 4_000);
  assert.equal(text(), '500');
  await advise('recovered', 4_000, 500);
  assert.equal(text(), '3000');
});

test('without a floor a tenth of the first bit rate is the least', async () => {
  const { advise, text } = launched('x264enc', '4000');
  await advise('overload', 10, 4_000);
  assert.equal(text(), '400');
});

test('what does not change is neither set nor said', async () => {
  const { advise, lines } = launched('x264enc', '4000');
  await advise('overload', 100, 4_000);
  await advise('overload', 90, 4_000);
  assert.equal(lines.length, 1);
});

test('an encoder that is not known is said once', async () => {
  const { advise, lines } = launched('theoraenc', '4000');
  await advise('overload', 100, 4_000);
  await advise('overload', 90, 4_000);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /No encoder whose bit rate can be set feeds sink: x264enc, /);
});

test('an encoder that takes no other bit rate is said', async () => {
  const { advise, lines } = launched('x264enc', '4000', UNLIMITED, false);
  await advise('overload', 1_600, 4_000);
  assert.match(lines[0] ?? '', /the encoder did not take it/);
});

test('each encoder reads the bit rate that it writes', () => {
  for (const [factory, { read, write }] of Object.entries(ENCODERS)) {
    assert.equal(read(write(1_500_000, '')), 1_500_000, factory);
  }
});
