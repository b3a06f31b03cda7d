import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * Frames are missing in mid-GOP: a valve that was closed, leaky queues, lost packets; and flags that
 * say more or less than the bytes. Upstream drops one frame behind a DISCONT and stores the rest of
 * the GOP, which nothing can decode.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/289
 */
type Situation = {
  readonly name: string;
  readonly what: string;
  /** Frames by their number on the pad that cannot be decoded. */
  readonly lost?: readonly [from: number, to: number];
  readonly warnings?: readonly RegExp[];
};

function LEFT_OUT(frames: number): RegExp {
  return new RegExp(`^${frames} frames .*are missing`);
}
const SITUATIONS: readonly Situation[] = [
  {
    name: 'valve-mid-gop',
    what: 'behind a valve that was closed in mid-GOP nothing is stored up to the next key frame',
    // 40 came before; 75 to 89 refer to what did not come.
    lost: [40, 55],
    warnings: [LEFT_OUT(15)],
  },
  {
    name: 'lost-packet',
    what: 'after one lost frame the rest of its GOP is left out, and reported',
    lost: [40, 59],
    warnings: [LEFT_OUT(19)],
  },
  {
    name: 'lost-without-a-word',
    what: 'a frame that is missing without a DISCONT shows in frame_num',
    lost: [40, 59],
    warnings: [LEFT_OUT(19)],
  },
  {
    name: 'discontinuity-without-loss',
    what: 'a DISCONT on every frame costs none, since none is missing',
  },
  {
    name: 'corrupted',
    what: 'a frame that its source calls corrupted goes, with what refers to it',
    lost: [40, 60],
    warnings: [/corrupted/, LEFT_OUT(19)],
  },
  { name: 'all-delta', what: 'key frames are known by their bytes where all are flagged delta' },
  { name: 'all-key', what: 'frames that refer to others are none where all are flagged key' },
  {
    name: 'joined-mid-gop',
    what: 'a source that is joined in mid-GOP is stored from its first key frame on',
    lost: [0, 20],
    warnings: [/^20 frames .*none had arrived/],
  },
  {
    name: 'avc-is-annex-b',
    what: 'start codes under caps that say avc are recognised, and reported',
    warnings: [/stream-format/],
  },
  {
    name: 'annex-b-is-avc',
    what: 'lengths under caps that say byte-stream are recognised, and reported',
    warnings: [/stream-format/],
  },
];

for (const { name, what, lost = [0, 0], warnings = [] } of SITUATIONS) {
  test(what, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'gaps.py', 'camera', name);
    await check({
      service,
      stream: 'camera',
      outcome,
      told: lost[1] - lost[0],
      keeps: (_frame, index) => index < lost[0] || index >= lost[1],
      warnings,
      player: 'ffmpeg',
    });
  });
}
