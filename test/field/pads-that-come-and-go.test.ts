import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/** Each: what is done to the kvssink of a pipeline that plays. */
const CASES: readonly {
  readonly name: string;
  readonly steps: readonly string[];
  /** Their track ids, where those are not in the usual order. */
  readonly tracks?: Readonly<Record<string, number>>;
  /** Stored fragments, in their order, by the tracks that they have frames of. */
  readonly sets: readonly string[];
  /** Where the machine is busy, both have come before the producer looks. */
  readonly mayBeginTogether?: boolean;
}[] = [
  {
    name: 'sound 20 ms after the video',
    steps: ['video:4', 'wait:0.02', 'audio:3.9'],
    sets: ['1', '1 2'],
    mayBeginTogether: true,
  },
  {
    name: 'sound in the middle of the video',
    steps: ['video:6', 'wait:2.5', 'audio:3'],
    sets: ['1', '1 2'],
  },
  {
    name: 'a picture in the middle of the sound',
    steps: ['audio:6', 'wait:2.5', 'video:3'],
    tracks: { audio_0: 1, video_0: 2 },
    sets: ['1', '1 2'],
  },
  {
    name: 'sound that leaves and comes again',
    steps: ['video:8', 'audio:20', 'wait:2.5', 'release:audio_0', 'wait:2.5', 'audio:2.5'],
    sets: ['1 2', '1', '1 2'],
  },
  {
    name: 'a second sound track beside picture and sound',
    steps: ['video:5', 'audio:5', 'wait:1.5', 'audio:3'],
    tracks: { video_0: 1, audio_0: 2, audio_1: 3 },
    sets: ['1 2', '1 2 3'],
  },
  {
    name: 'a pad that is requested and that nothing is linked to',
    steps: ['video:3', 'wait:1', 'unlinked'],
    sets: ['1'],
  },
];

/**
 * An application links pads while it plays, as one does with the pads of rtspsrc, or adds sound to a
 * video that already runs.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/1022
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/799
 */
describe('pads that come and go while kvssink plays', { concurrency: 2 }, () => {
  for (const { name, steps, sets, tracks, mayBeginTogether = false } of CASES) {
    test(`${name}: every frame is stored at its time`, async (t) => {
      const service = await startService(t);
      const outcome = await runProgram(t, service, 'late_pads.py', 'door', ...steps);
      const stored = await check({
        service,
        stream: 'door',
        outcome,
        player: 'none',
        // A frame that meets another track's at one timecode is stored a millisecond later.
        withinMs: 2,
        ...(tracks === undefined ? {} : { tracks }),
      });
      const inFragment = new Map<number, Set<number>>();
      for (const { fragment, track } of stored) {
        inFragment.set(fragment, (inFragment.get(fragment) ?? new Set()).add(track));
      }
      const seen = [...inFragment.values()].map((set) => [...set].sort().join(' '));
      // A track that outlasts the others ends alone.
      const changes = seen.filter((set, index) => set !== seen[index - 1]);
      const isTogether = mayBeginTogether && changes[0] === sets.at(-1);
      const right = isTogether ? sets.slice(-1) : sets;
      assert.deepEqual(changes.slice(0, right.length), right);
    });
  }
});
