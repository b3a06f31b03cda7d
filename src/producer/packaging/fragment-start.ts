import type { PendingFrame, Track } from '../tracks/track.ts';
import type { LeadHistory } from './lead-history.ts';

/** H.264 and H.265 reorder over at most 16 frames. */
const MAX_REORDERED_FRAMES = 16n;
/** A fragment begins at most so long before its first frame, to leave room for what follows. */
const MAX_LEAD_IN_NS = 5_000_000_000n;

/**
 * When the fragment that begins with `frame` starts: early enough for what is known to come, so
 * that no block lies before its cluster. Upstream refuses such frames; Matroska allows them, what
 * the service makes of them is not documented.
 */
export function startOfFragment(
  frame: PendingFrame,
  tracks: readonly Track[],
  lead: LeadHistory,
): bigint {
  const ptsNs = frame.ptsNs + frame.track.rebaseNs;
  let startNs = ptsNs - reachBackNs(frame, ptsNs, lead);
  for (const track of tracks) {
    if (track === frame.track) continue;
    // Sound that waited for this key frame.
    const first = track.queue.find(
      ({ epoch, ptsNs: otherNs }) =>
        epoch === frame.epoch && otherNs + track.rebaseNs >= ptsNs - MAX_LEAD_IN_NS,
    );
    const firstNs = first === undefined ? startNs : first.ptsNs + track.rebaseNs;
    if (firstNs < startNs) startNs = firstNs;
  }
  return startNs;
}

/**
 * Pictures that follow a key frame and are shown before it (open GOP) fill the hole between the
 * picture shown last and the key frame.
 */
function reachBackNs(frame: PendingFrame, ptsNs: bigint, lead: LeadHistory): bigint {
  const endNs = lead.endOf(frame.epoch);
  if (endNs === undefined || frame.track.kind !== 'video') return 0n;
  const hasLaterPts = frame.dtsNs < frame.ptsNs;
  const holeNs = ptsNs - endNs;
  // Half a frame of tolerance: rounding is no hole.
  if (!(hasLaterPts || lead.reorders) || holeNs < lead.shortestNs / 2n) return 0n;
  const limitNs = hasLaterPts ? frame.ptsNs - frame.dtsNs : MAX_REORDERED_FRAMES * lead.shortestNs;
  return holeNs < limitNs ? holeNs : limitNs;
}
