import assert from 'node:assert/strict';
import type { Encoded } from './media.ts';
import type { RecordedBlock, Recording } from './recording.ts';
import type { Outcome, Posted } from './runners.ts';
import type { Pushed, Situation, Staging } from './situations.ts';

/** What must become of a frame. `either`: what its bytes say is not enough to tell. */
type Verdict = 'stored' | 'left-out' | 'either';

/**
 * The rules, once more and simpler: docs/2-use/media.md, "Frames that cannot be decoded". The encoders here
 * make no B-frames, so that each frame refers to the one before it, and its frame_num is its place
 * in its group of pictures.
 */
export function verdicts(
  situation: Situation,
  { frames }: Staging,
  encoders: readonly Encoded[],
): Map<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  // H.265 pictures name what they refer to by its place behind the key frame: another group of
  // pictures of the same encoder has one like it.
  const isAlike = (reference: Pushed | undefined, frame: Pushed): boolean =>
    reference?.encoder === frame.encoder &&
    reference.stretch !== frame.stretch &&
    encoders[frame.encoder]?.mediaType === 'video/x-h265';
  /** The frame that the next one may refer to. */
  let reference: Pushed | undefined;
  let isKnown = true;
  /** As long as no key frame has come, a flag may stand for one. */
  let hasKeyFrame = false;
  /** What a flag has begun is not known to end before the next key frame. */
  let isGuess = false;
  /** An encoder whose numbers leap while nothing is missing in time is not believed the third time. */
  let leaps = 0;
  let before: Pushed | undefined;
  for (const frame of frames) {
    const isNewTimeline =
      reference !== undefined &&
      situation.stretches
        .slice(reference.stretch + 1, frame.stretch + 1)
        .some(({ joint }) => joint === 'flush');
    if (isNewTimeline) reference = undefined;
    const mayBegin = frame.isFlaggedKey && !hasKeyFrame && frame.fate === 'whole';
    // One that lies outside of its segment does not come so far.
    hasKeyFrame ||= frame.isKeyFrame && frame.fate !== 'clipped';
    const isSure: boolean = reference === undefined ? !mayBegin : isKnown;
    const isSameEncoder = before !== undefined && before.encoder === frame.encoder;
    if (!isSameEncoder) leaps = 0;
    else if (before?.index !== frame.index - 1 || before.fate === 'clipped') leaps += 1;
    before = frame;
    const isDoubted = leaps >= 3 && reference !== undefined && reference.index + 1 !== frame.index;
    isGuess = (isGuess || mayBegin || isDoubted || isAlike(reference, frame)) && !frame.isKeyFrame;
    const verdict: Verdict =
      isGuess && frame.fate === 'whole' ? 'either' : verdictOn(frame, reference, isSure, encoders);
    verdicts.set(frame.id, verdict);
    const isLost: boolean = frame.fate === 'clipped' || verdict === 'left-out';
    reference = isLost ? undefined : frame;
    isKnown = isLost || verdict === 'stored';
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
  // The next number, or the same one again, as where a frame is repeated.
  const step = place(frame.index) - place(reference.index);
  return step === 0 || step === 1 ? 'either' : 'left-out';
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
    if (verdict !== 'either') {
      assert.equal(stored.has(id) ? 'stored' : 'left-out', verdict, `${id}`);
    }
  }
}

/** Frames that were pushed and are not stored are reported, except those outside their segment. */
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
  const firstKeyFrame = frames.findIndex(
    ({ isKeyFrame, fate }) => isKeyFrame && fate !== 'clipped',
  );
  const isBeforeKeyFrames = (id: number): boolean => firstKeyFrame < 0 || id < firstKeyFrame;
  const mayBegin = (id: number): boolean =>
    frames[id]?.isKeyFrame === true || (isBeforeKeyFrames(id) && frames[id]?.isFlaggedKey === true);
  for (const { blocks } of fragments) {
    const [first] = blocks;
    if (first === undefined) continue;
    assert.ok(mayBegin(first.id), `fragment begins with frame ${first.id}`);
    assert.ok(first.timeMs > latestMs, `${first.timeMs} after ${latestMs}`);
    latestMs = Math.max(latestMs, ...blocks.map(({ timeMs }) => timeMs));
    for (const { id, isKeyFrame } of blocks) {
      if (frames[id]?.isKeyFrame || !mayBegin(id)) assert.equal(isKeyFrame, frames[id]?.isKeyFrame);
    }
  }
}

/**
 * A source that is not live keeps its own times: up to the first flush all frames are in step, and
 * up to where an encoder's pictures come again, which looks as if they were not shown in the order
 * in which they are decoded.
 */
function assertTimes(
  { isLive, stretches }: Situation,
  { frames }: Staging,
  blocks: readonly RecordedBlock[],
): void {
  if (isLive) return;
  const end = stretches.findIndex(({ joint, encoder, from }, number) => {
    const before = stretches[number - 1];
    if (before === undefined) return false;
    return (
      joint === 'flush' || (before.encoder === encoder && from < before.from + before.frames.length)
    );
  });
  const ofTimeline = (frame: Pushed): boolean => end < 0 || frame.stretch < end;
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
