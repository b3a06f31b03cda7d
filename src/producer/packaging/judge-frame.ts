import type { Verdict } from '../tracks/decodability.ts';
import type { PendingFrame } from '../tracks/track.ts';
import type { PackagerEvents } from './packager-events.ts';

/**
 * Whether a frame can be decoded, from what its source and its bytes say. Its unit was planned last
 * by its adapter; frames of a track come in their order, each once.
 */
export function judgeFrame(
  frame: PendingFrame,
  isRandomAccessPoint: boolean,
  events: PackagerEvents,
): Verdict {
  const { track, adapter, isKeyFrame } = frame;
  if (track.kind !== 'video') {
    if (frame.isCorrupted) return { keep: false, reason: 'corrupted' };
    return { keep: true, isKeyFrame: isKeyFrame || isRandomAccessPoint };
  }
  const before = track.judgedAdapter;
  track.judgedAdapter = adapter;
  const { references } = adapter;
  if (before !== adapter) {
    if (before?.references !== undefined) references?.inherit(before.references);
    if (adapter.isMisdeclared === true) events.misdeclared(track);
  }
  return track.decodability.judge({
    ptsNs: frame.ptsNs,
    dtsNs: frame.dtsNs,
    isFlaggedKey: isKeyFrame,
    isDiscontinuity: frame.isDiscontinuity,
    isAfterLoss: frame.isAfterLoss,
    isCorrupted: frame.isCorrupted,
    isRandomAccessPoint,
    isAfterCaps: before !== undefined && before !== adapter,
    hasFormat: adapter.format !== undefined,
    references,
  });
}
