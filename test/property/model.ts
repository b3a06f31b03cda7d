import assert from 'node:assert/strict';
import type { Encoded } from './media.ts';
import type { RecordedBlock, Recording } from './recording.ts';
import type { Outcome, Posted } from './runners.ts';
import type { Pushed, Situation, Staging } from './situations.ts';

/** What must become of a frame. `either`: what its bytes say is not enough to tell. */
type Verdict = 'stored' | 'left-out' | 'either';

/**
 * The rules, once more and simpler: docs/media.md, "Frames that cannot be decoded". The encoders here
 * make no B-frames, so that each frame refers to the one before it, and its frame_num is its place
 * in its group of pictures.
 */
export function verdicts(
  situation: Situation,
  { frames }: Staging,
  encoders: readonly Encoded[],
): Map<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  /** The frame that the next one may refer to. */
  let reference: Pushed | undefined;
  let isKnown = true;
  for (const frame of frames) {
    const isNewTimeline =
      reference !== undefined &&
      situation.stretches
        .slice(reference.stretch + 1, frame.stretch + 1)
        .some(({ joint }) => joint === 'flush');
    const verdict = verdictOn(frame, isNewTimeline ? undefined : reference, isKnown, encoders);
    verdicts.set(frame.id, verdict);
    if (frame.fate === 'clipped' || verdict === 'left-out') reference = undefined;
    else reference = frame;
    isKnown = verdict !== 'either' && (reference !== undefined || isKnown);
    if (reference === undefined) isKnown = true;
  }
  return verdicts;
}

function verdictOn(
  frame: Pushed,
  reference: Pushed | undefined,
  isKnown: boolean,
  encoders: readonly Encoded[],
): Verdict {
  if (frame.fate !== 'whole') return 'left-out';
  if (frame.isKeyFrame) return 'stored';
  if (reference === undefined) return 'left-out';
  if (reference.encoder !== frame.encoder) return 'left-out';
  if (frame.index === reference.index + 1) return isKnown ? 'stored' : 'either';
  const units = encoders[frame.encoder]?.units ?? [];
  const place = (index: number): number => {
    let count = 0;
    while (index > count && units[index - count]?.isKeyFrame === false) count += 1;
    return count;
  };
  return place(frame.index) === place(reference.index) + 1 ? 'either' : 'left-out';
}

/** Asserts that what is stored and what was posted agree with the rules. */
export function assertTrue(
  situation: Situation,
  staging: Staging,
  encoders: readonly Encoded[],
  { posted, recording }: Outcome,
): void {
  const end = posted.at(-1);
  const wanted = verdicts(situation, staging, encoders);
  const blocks = recording.fragments.flatMap((fragment) => fragment.blocks);
  // A stream of which nothing can be stored ends with an error, which stands for all its frames.
  if (end?.type === 'error' && ![...wanted.values()].includes('stored')) {
    assert.deepEqual(blocks, []);
    return;
  }
  assert.notEqual(end?.type, 'error', end?.text);
  assertSelection(wanted, blocks);
  assertTold(staging, blocks, posted);
  assertFragments(staging, recording);
  assertTimes(situation, staging, blocks);
}

function assertSelection(wanted: Map<number, Verdict>, blocks: readonly RecordedBlock[]): void {
  const ids = blocks.map(({ id }) => id);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
    'each once, in order',
  );
  const stored = new Set(ids);
  for (const [id, verdict] of wanted) {
    if (verdict !== 'either')
      assert.equal(stored.has(id) ? 'stored' : 'left-out', verdict, `${id}`);
  }
}

/** Frames that were pushed and are not stored are told, but for those outside their segment. */
function assertTold(
  { frames }: Staging,
  blocks: readonly RecordedBlock[],
  posted: readonly Posted[],
): void {
  const clipped = frames.filter(({ fate }) => fate === 'clipped').length;
  const lost = frames.length - blocks.length;
  let told = 0;
  for (const { type, text } of posted) {
    const isDrop = type === 'element' && /^kvs-dropped-(frames|fragment),/.test(text);
    if (isDrop) told += Number(/ frames=\(uint\)(\d+)/.exec(text)?.[1]);
  }
  assert.ok(
    told <= lost && told >= lost - clipped,
    `${lost} lost, ${clipped} clipped, ${told} told`,
  );
}

/** Each fragment begins with a key frame, behind everything that was stored before it. */
function assertFragments({ frames }: Staging, { fragments }: Recording): void {
  let latestMs = -1;
  for (const { blocks } of fragments) {
    const [first] = blocks;
    if (first === undefined) continue;
    assert.equal(frames[first.id]?.isKeyFrame, true, `fragment begins with frame ${first.id}`);
    assert.ok(first.timeMs > latestMs, `${first.timeMs} after ${latestMs}`);
    latestMs = Math.max(latestMs, ...blocks.map(({ timeMs }) => timeMs));
    for (const { id, isKeyFrame } of blocks) assert.equal(isKeyFrame, frames[id]?.isKeyFrame);
  }
}

/** A source that is not live keeps its own times: up to the first flush all frames are in step. */
function assertTimes(
  { isLive, stretches }: Situation,
  { frames }: Staging,
  blocks: readonly RecordedBlock[],
): void {
  if (isLive) return;
  const flush = stretches.findIndex(({ joint }, number) => number > 0 && joint === 'flush');
  const ofTimeline = (frame: Pushed): boolean => flush < 0 || frame.stretch < flush;
  const [first] = blocks;
  if (first === undefined || frames[first.id]?.times !== 'right') return;
  const baseMs = first.timeMs - Number((frames[first.id] as Pushed).ptsNs) / 1e6;
  for (const { id, timeMs } of blocks) {
    const frame = frames[id] as Pushed;
    if (!ofTimeline(frame) || frame.times !== 'right') continue;
    const wantedMs = baseMs + Number(frame.ptsNs) / 1e6;
    assert.ok(Math.abs(timeMs - wantedMs) <= 1.001, `frame ${id} at ${timeMs}, not ${wantedMs}`);
  }
}
