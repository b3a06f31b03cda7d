import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { Interleaver } from '../../src/producer/path/interleaver.ts';
import { type PendingFrame, Track } from '../../src/producer/tracks/track.ts';
import { AUDIO, VIDEO } from './support/media.ts';

const SECOND = 1_000_000_000n;
const TIMELINE = {
  reorders: false,
  unitNs: 1_000_000n,
  defaultIntervalNs: 0n,
  useFrameTimes: true,
  nowNs: () => 0n,
};

function makeTrack(trackId: number, description: typeof VIDEO): Track {
  const options = { timeline: TIMELINE, nalAdaptationFlags: undefined, doubt: () => undefined };
  return new Track({ trackId, trackName: '', description }, options);
}

function pending(track: Track, timeNs: bigint, putMs: number): PendingFrame {
  return {
    track,
    adapter: track.adapter ?? createAdapter(VIDEO),
    ptsNs: timeNs,
    dtsNs: timeNs,
    durationNs: 0n,
    orderNs: timeNs,
    epoch: 0,
    isKeyFrame: true,
    isDiscontinuity: false,
    isDiscardable: false,
    isInvisible: false,
    isCorrupted: false,
    isAfterLoss: false,
    verdict: undefined,
    arrivedMs: putMs,
    putMs,
    data: new Uint8Array(1),
    position: Number.POSITIVE_INFINITY,
    copy: undefined,
    isDone: false,
    settle: undefined,
  };
}

/** Takes what goes now, and tells how many frames that were. */
function take(interleaver: Interleaver, nowMs: number): number {
  for (let taken = 0; ; taken += 1) {
    const frame = interleaver.next(nowMs);
    if (frame === undefined) return taken;
    interleaver.pop(frame);
  }
}

test('a track that nobody could deliver while the store was full is not taken for silent', () => {
  const [video, audio] = [makeTrack(1, VIDEO), makeTrack(2, AUDIO)];
  const interleaver = new Interleaver([video, audio], {
    maxWaitMs: 1_000,
    maxMediaNs: 2n * SECOND,
    startWaitMs: 2_000,
    moreTracksWaitMs: 0,
  });
  interleaver.push(pending(video, 0n, 0));
  interleaver.push(pending(audio, 0n, 0));
  assert.equal(take(interleaver, 0), 2);
  interleaver.resumed(60_000);
  // Ten frames a second: with the 21st there are two seconds of media, and the first one goes.
  for (let i = 1n; i <= 20n; i += 1n) interleaver.push(pending(video, (i * SECOND) / 10n, 60_000));
  assert.equal(take(interleaver, 60_000), 0);
  interleaver.push(pending(video, (21n * SECOND) / 10n, 60_000));
  assert.equal(take(interleaver, 60_000), 1, 'the others go on waiting for the audio');
  assert.equal(audio.flow, 'flowing');
});
