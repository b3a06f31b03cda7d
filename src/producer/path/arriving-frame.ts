import { KvsError } from '../../errors/kvs-error.ts';
import type { Frame } from '../info/frame.ts';
import type { PendingFrame, Track } from '../tracks/track.ts';

/**
 * A frame that was put, on its way into the store: with the key-frame flag that its bytes give it,
 * and its times repaired. Its data stays the caller's.
 * @param tracks all of the stream
 * @throws KvsError for a frame that can never be used
 */
export function arrive(
  frame: Frame,
  track: Track,
  tracks: readonly Track[],
  nowMs: number,
): PendingFrame {
  const { adapter } = track;
  if (adapter === undefined || frame.data.length === 0) throw uselessFrame(frame, track);
  const others = tracks.length > 1 ? latestOf(tracks, track) : undefined;
  // The bytes decide, as far as they were looked at; Decodability has the last word at its turn.
  const starts = adapter.startsDecoding?.(frame.data);
  const isKeyFrame =
    starts === true ||
    (frame.isKeyFrame && (starts === undefined || track.decodability.trustsFlags));
  const ptsNs = track.presentationNs(frame);
  const timed = ptsNs === frame.ptsNs ? frame : { ...frame, ptsNs };
  const times = track.timeline.repair(timed, isKeyFrame, others);
  if (isKeyFrame) track.reorderNs = times.ptsNs - times.dtsNs;
  return {
    track,
    adapter,
    ptsNs: times.ptsNs,
    dtsNs: times.dtsNs,
    durationNs: times.durationNs,
    orderNs: times.dtsNs + track.reorderNs,
    epoch: times.epoch,
    isKeyFrame: frame.isKeyFrame,
    isDiscontinuity: frame.isDiscontinuity === true,
    isDiscardable: frame.isDiscardable === true,
    isInvisible: frame.isInvisible === true,
    isCorrupted: frame.isCorrupted === true,
    isAfterLoss: frame.isAfterLoss === true,
    arrivedMs: frame.arrivedMs ?? nowMs,
    position: frame.position ?? Number.POSITIVE_INFINITY,
    putMs: nowMs,
    data: frame.data,
    copy: undefined,
    verdict: undefined,
    isDone: false,
    settle: undefined,
  };
}

function uselessFrame({ data }: Frame, { id }: Track): KvsError {
  if (data.length === 0) {
    return new KvsError('STATUS_MKV_INVALID_FRAME_DATA', `A frame of track ${id} has no bytes`);
  }
  const text = `The format of track ${id} is not known`;
  return new KvsError('STATUS_TRACK_INFO_MISSING', text);
}

/** Where the other tracks are. */
function latestOf(tracks: readonly Track[], except: Track): bigint | undefined {
  let latest: bigint | undefined;
  for (const track of tracks) {
    const { lastDtsNs } = track.timeline;
    if (track === except || lastDtsNs === undefined) continue;
    if (latest === undefined || lastDtsNs > latest) latest = lastDtsNs;
  }
  return latest;
}
