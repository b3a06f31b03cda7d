import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KvsError } from '../../src/errors/kvs-error.ts';
import { KeyFrameRequests } from '../../src/producer/reports/key-frame-requests.ts';
import { Warnings } from '../../src/producer/reports/warnings.ts';
import { ManualClock } from '../support/manual-clock.ts';

function rig() {
  const clock = new ManualClock();
  const texts: string[] = [];
  const warnings = new Warnings(clock, ({ message }: KvsError) => texts.push(message));
  const lose = (frames: number, everyMs = 40): void => {
    for (let i = 0; i < frames; i++) {
      warnings.add('not-decodable', 1);
      clock.pass(everyMs);
    }
  };
  return { clock, texts, warnings, lose };
}

test('a short run of losses is reported when it is over, with its count', () => {
  const { texts, warnings, lose } = rig();
  lose(15);
  assert.deepEqual(texts, []);
  warnings.over(2);
  assert.deepEqual(texts, [], 'a frame of another track ends nothing');
  warnings.over(1);
  warnings.over(1);
  assert.equal(texts.length, 1);
  assert.match(texts[0] ?? '', /^15 frames of track 1 were left out/);
});

test('a long one is reported while it lasts, and the rest of the count at the end', () => {
  const { texts, warnings, lose } = rig();
  lose(100);
  assert.equal(texts.length, 1);
  assert.match(texts[0] ?? '', /^51 frames/);
  warnings.end();
  assert.equal(texts.length, 2);
  assert.match(texts[1] ?? '', /^49 frames.* \(100 since the start\)/);
});

test('a repeated loss is reported once in half a minute, and the counts add up', () => {
  const { texts, warnings, clock, lose } = rig();
  for (let second = 0; second < 100; second++) {
    lose(2);
    warnings.over(1);
    clock.pass(920);
  }
  warnings.end();
  const counts = texts.map((text) => Number(/^\d+/.exec(text)?.[0]));
  assert.equal(counts.length, 5);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    200,
  );
});

test('a fragment without a key frame is reported at once', () => {
  const { texts, warnings } = rig();
  warnings.add('long-gop', 1);
  warnings.add('long-gop', 1);
  assert.equal(texts.length, 1);
  assert.match(texts[0] ?? '', /^A fragment of track 1 had to begin without a key frame/);
  warnings.end();
  assert.match(texts[1] ?? '', /^A fragment .* \(2 since the start\)/);
});

test('a key frame is asked for at most once a second and track', () => {
  const clock = new ManualClock();
  const asked: number[] = [];
  const requests = new KeyFrameRequests(clock, (track) => asked.push(track));
  for (let frame = 0; frame < 60; frame++) {
    requests.want(1);
    requests.want(2);
    clock.pass(33);
  }
  assert.deepEqual(asked, [1, 2, 1, 2]);
});
