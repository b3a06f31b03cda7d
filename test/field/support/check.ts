import assert from 'node:assert/strict';
import type { LocalService } from '../../../src/local/options.ts';
import { type StoredFrame, storedFrames } from '../../e2e/support/stored.ts';
import { assertFragmentsDecode } from './decode.ts';
import { assertDecodesTogether, assertPlays, type Player } from './hls.ts';
import type { Heard, Outcome, SentFrame } from './play.ts';

/** What is right for one stream. By default every frame is stored at its running time and played. */
export type Right = {
  readonly service: LocalService;
  readonly stream: string;
  readonly outcome: Outcome;
  /** Frames sent as the service counts them, where a buffer is not a frame. */
  readonly sent?: number;
  /** Frames that must have been reported as lost. Default 0. */
  readonly told?: number;
  /** Track id of each pad. Default: one for each in turn, video first. */
  readonly tracks?: Readonly<Record<string, number>>;
  /** Whether a frame is to be stored, by its number on its pad. Default: all within their segment. */
  readonly keeps?: (frame: SentFrame, index: number, pad: string) => boolean;
  /** Its time. Default: that of its PTS or, without one, of its DTS. */
  readonly timeMs?: (frame: SentFrame, index: number, pad: string) => number;
  /**
   * What is added to each time. Without it, it is one number for all frames, and the first frame
   * has the wall clock at which it came.
   */
  readonly startMs?: number;
  /** How close the times are. Default 1 ms. */
  readonly withinMs?: number;
  /**
   * Whether each fragment decodes by itself. `together`: groups of pictures are open, so that all
   * frames decode, but some of them only behind the fragment before.
   */
  readonly decodes?: 'alone' | 'together';
  /** Who plays the stream over HLS; `none` for what HLS cannot carry. Default: Chromium. */
  readonly player?: Player;
  /**
   * Text of each warning, in their order, but for the total of what was lost, which is the last
   * word of a stream that lost something. Default: there is none where nothing is lost.
   */
  readonly warnings?: readonly RegExp[];
};

/** Rounding to whole milliseconds, of the cluster and of the block. */
const ROUNDING_MS = 0.001;
/** The first frame's time is taken when the producer's process sees it, and this machine is busy. */
const START_MS = 3_000;

/**
 * Asserts what is always right: frames sent = stored + reported as lost; each at its time; each fragment
 * decodes from its first frame; HLS plays to its end.
 */
export async function check(right: Right): Promise<readonly StoredFrame[]> {
  const { outcome, service, stream } = right;
  assert.deepEqual(outcome.errors, []);
  assert.equal(outcome.ended, 'eos');
  const heard = heardOf(outcome, stream);
  const stored = await storedFrames(service, stream);
  assertCounts(right, heard, stored);
  assertTimes(right, heard, stored);
  assertWarnings(right, heard);
  if (right.decodes === 'together') await assertDecodesTogether(service, stream, stored.length);
  else await assertFragmentsDecode(service, stream, stored);
  await assertPlays(service, stream, right.player ?? 'chromium');
  return stored;
}

/** What happened at the kvssink of a stream. */
export function heardOf(outcome: Outcome, stream: string): Heard {
  const heard = outcome.sinks[stream];
  assert.ok(heard, `no kvssink has sent to ${stream}`);
  return heard;
}

/** Frames that were reported as lost. */
export function lostFrames({ told }: Heard): number {
  return told.reduce((sum, { frames }) => sum + frames, 0);
}

function assertCounts(right: Right, heard: Heard, stored: readonly StoredFrame[]): void {
  const frames = Object.values(heard.pads).flat();
  const clipped = frames.filter(({ isClipped }) => isClipped).length;
  const sent = right.sent ?? frames.length - clipped;
  const lost = lostFrames(heard);
  assert.ok(sent > 0, 'nothing was sent');
  // What lies outside the segment may be reported, as it was not to be shown.
  const untold = sent - stored.length - lost;
  assert.ok(
    untold <= 0 && untold >= -clipped,
    `${sent} sent, ${stored.length} stored, told: ${told(heard)}`,
  );
  const unexpected = lost - (right.told ?? 0);
  assert.ok(unexpected >= 0 && unexpected <= clipped, `told: ${told(heard)}`);
}

function told(heard: Heard): string {
  return JSON.stringify([heard.told, heard.warnings]);
}

function assertTimes(right: Right, heard: Heard, stored: readonly StoredFrame[]): void {
  const { keeps = ({ isClipped }: SentFrame) => !isClipped, startMs, withinMs = 1 } = right;
  const timeMs = right.timeMs ?? (({ ptsMs, dtsMs }: SentFrame) => ptsMs ?? dtsMs ?? 0);
  const lateBy: number[] = [];
  let firstMs = Number.POSITIVE_INFINITY;
  for (const [position, pad] of padsInOrder(heard).entries()) {
    const kept = (heard.pads[pad] ?? []).flatMap((frame, index) =>
      keeps(frame, index, pad) ? [{ frame, timeMs: timeMs(frame, index, pad) }] : [],
    );
    const times = kept.map((frame) => frame.timeMs).sort((a, b) => a - b);
    const own = stored.filter(({ track }) => track === (right.tracks?.[pad] ?? position + 1));
    const ownTimes = own.map((frame) => frame.timeMs).sort((a, b) => a - b);
    assert.equal(
      ownTimes.length,
      times.length,
      `${pad}: ${ownTimes.length} stored, ${times.length} are right`,
    );
    for (const [index, time] of times.entries()) lateBy.push((ownTimes[index] ?? 0) - time);
    for (const { frame } of kept) firstMs = Math.min(firstMs, frame.arrivedMs);
  }
  const least = Math.min(...lateBy);
  const most = Math.max(...lateBy);
  const added = startMs ?? (least + most) / 2;
  const allowed = withinMs + ROUNDING_MS;
  assert.ok(
    least >= added - allowed && most <= added + allowed,
    `times are off by ${least - added} to ${most - added} ms: ${lateBy.map((late) => Math.round(late - added))}`,
  );
  if (startMs !== undefined) return;
  const storedMs = Math.min(...stored.map((frame) => frame.timeMs));
  assert.ok(
    Math.abs(storedMs - firstMs) < START_MS,
    `the first frame came at ${firstMs}, and is stored at ${storedMs}`,
  );
}

/** The pads as kvssink numbers their tracks: video before audio. */
function padsInOrder({ pads }: Heard): string[] {
  const [video, others] = [true, false].map((isVideo) =>
    Object.keys(pads)
      .filter((pad) => pad.startsWith('video') === isVideo)
      .sort(),
  );
  return [...(video ?? []), ...(others ?? [])];
}

function assertWarnings({ warnings }: Right, heard: Heard): void {
  const total = /^In all, (\d+) frames? of this stream/;
  const lost = lostFrames(heard);
  const totals = heard.warnings.flatMap((text) => total.exec(text)?.[1] ?? []);
  assert.deepEqual(totals, lost > 0 ? [String(lost)] : [], heard.warnings.join('\n'));
  const others = heard.warnings.filter((text) => !total.test(text));
  if (warnings === undefined && lost > 0) return;
  assert.equal(others.length, warnings?.length ?? 0, others.join('\n'));
  for (const [index, pattern] of (warnings ?? []).entries()) {
    assert.match(others[index] ?? '', pattern);
  }
}
