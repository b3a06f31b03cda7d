import type { PendingFrame, Track } from '../tracks/track.ts';
import { MIN_FRAGMENT_NS } from './boundary.ts';
import type { LeadHistory } from './lead-history.ts';
import type { PackagerEvents } from './packager-events.ts';
import type { FormatState, SessionTrack } from './session-formats.ts';

/** A track whose times step away from the leading track's by more follows that one's instead. */
const MAX_DEVIATION_NS = 10_000_000_000n;

/** Where a track's times jump away from the leading track's, it follows that one instead. */
export function followLead(
  { track, ptsNs: framePtsNs }: PendingFrame,
  lead: Track | undefined,
  history: LeadHistory,
  events: PackagerEvents,
): void {
  if (lead?.flow !== 'flowing') return;
  const ptsNs = framePtsNs + track.rebaseNs;
  const { lastPackagedNs } = track;
  const jumped = lastPackagedNs === undefined || isFar(ptsNs - lastPackagedNs);
  if (!jumped || !isFar(ptsNs - history.ptsNs)) return;
  const byNs = history.ptsNs - ptsNs;
  track.rebaseNs += byNs;
  events.rebased(track, byNs);
}

/**
 * The leading track is at its end: the first that is not decides where a fragment begins, once it
 * has gone on for long enough that it is not just the longer one of two.
 */
export function succeedsLead(
  sessionTrack: SessionTrack,
  ptsNs: bigint,
  { sessionTracks }: FormatState,
  history: LeadHistory,
): boolean {
  const first = sessionTracks.find(({ track }) => !track.isAtEnd);
  return sessionTrack === first && ptsNs - history.ptsNs >= MIN_FRAGMENT_NS;
}

/** Video flows, or has ended with frames that are still to be packaged. */
export function isVideoComing(tracks: readonly Track[]): boolean {
  return tracks.some(
    ({ kind, flow, queue }) =>
      kind === 'video' && (flow === 'flowing' || (flow === 'ended' && queue.length > 0)),
  );
}

function isFar(ns: bigint): boolean {
  return ns > MAX_DEVIATION_NS || ns < -MAX_DEVIATION_NS;
}
