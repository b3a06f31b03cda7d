import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ContentStore } from '../../storage/content-store.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { ViewOptions } from '../../storage/view-options.ts';
import type { Emitter } from '../events/emitter.ts';
import type { StreamEvents } from '../events/events.ts';
import { spoolSettings } from '../info/spool-info.ts';
import type { ResolvedStreamInfo } from '../info/stream-info.ts';
import type { TrackInfo } from '../info/track-info.ts';
import { APPLICATION } from '../info/version.ts';
import { MAX_FRAGMENT_BYTES } from '../packaging/boundary.ts';
import type { MetadataQueue } from '../packaging/metadata-queue.ts';
import { Packager } from '../packaging/packager.ts';
import { sessionScaleNs } from '../packaging/session-times.ts';
import { FramePath } from '../path/frame-path.ts';
import type { StreamReports } from '../reports/stream-reports.ts';
import { Track } from '../tracks/track.ts';
import { TrackList } from '../tracks/track-list.ts';
import { ClockWatch } from './clock-watch.ts';
import { SpoolLink } from './spool-link.ts';

/** Media of one track that waits for another track's at most. */
const MAX_WAITING_MEDIA_NS = 5_000_000_000n;
/** Offline, a source at full speed is minutes ahead of an encoder within a second. */
const MAX_WAITING_OFFLINE_NS = 600_000_000_000n;
/** No fragment takes more of the store: the one before it must be able to stay meanwhile. */
const MAX_STORE_PART = 0.4;
const NS_PER_MS = 1_000_000n;

/** What frames go through on their way into the store. */
export type FramePipeline = {
  readonly view: StreamView;
  /** Where fragments go that the view has no room for, if they go anywhere. */
  readonly spool: SpoolLink | undefined;
  readonly tracks: TrackList;
  readonly packager: Packager;
  readonly path: FramePath;
  readonly watch: ClockWatch;
};

/** What it is made from. */
export type FramePipelineContext = {
  readonly info: ResolvedStreamInfo;
  readonly store: ContentStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Emitter<StreamEvents>;
  readonly reports: StreamReports;
  readonly metadata: MetadataQueue;
};

/**
 * Makes it, wired to the reports.
 * @param trackInfos the tracks that the stream begins with
 */
export function makeFramePipeline(
  context: FramePipelineContext,
  trackInfos: readonly TrackInfo[],
): FramePipeline {
  const { info, store, clock, log, reports, metadata } = context;
  const timecodeScaleNs = sessionScaleNs(info.timecodeScaleNs);
  if (timecodeScaleNs !== info.timecodeScaleNs) reports.rescaled(timecodeScaleNs);
  const settings = spoolSettings(info);
  const stampMs = (): number | undefined =>
    info.clockErrors === 'correct'
      ? watch.stampMs() + Number(packager.correctionNs / NS_PER_MS)
      : undefined;
  const spool = settings === undefined ? undefined : new SpoolLink(settings, context, stampMs);
  const view = store.openView({
    mayDrop: info.streamingType !== 'offline',
    dropPolicy: info.dropPolicy,
    bufferDurationNs: BigInt(Math.round(info.bufferDurationMs)) * NS_PER_MS,
    ...viewItems(info),
    overflow: spool?.overflow,
    onDrop: (notice) => reports.dropped(notice),
    onLeave: () => reports.left(),
  });
  const watch = new ClockWatch(clock);
  const tracks = new TrackList(trackInfos, (track) => makeTrack(track, context, watch));
  const packager = new Packager({
    tracks: tracks.row,
    view,
    metadata,
    rules: {
      keyFrameFragmentation: info.keyFrameFragmentation,
      fragmentDurationNs: BigInt(Math.round(info.fragmentDurationMs)) * NS_PER_MS,
      maxFragmentBytes: Math.min(MAX_FRAGMENT_BYTES, Math.floor(store.sizeBytes * MAX_STORE_PART)),
    },
    header: {
      segmentUid: info.segmentUid,
      timecodeScaleNs,
      application: APPLICATION,
    },
    absoluteFragmentTimes: info.absoluteFragmentTimes,
    areMediaTimes: info.streamingType === 'offline' && !info.absoluteFragmentTimes,
    // What has no step of its own can be corrected.
    nowMs: () => (info.clockErrors === 'ignore' ? clock.nowMs() : watch.stampMs()),
    events: {
      lost: (frame, reason, error) => reports.lost(frame, reason, error),
      began: (reason, beginning) => reports.began(reason, beginning),
      joined: (reason) => reports.joined(reason),
      keyFrameWanted: (track) => reports.keyFrameWanted(track),
      misdeclared: (track) => reports.misdeclared(track),
      early: (track) => reports.early(track),
      rebased: (track, byNs) => reports.rebased(track, byNs),
    },
  });
  const path = new FramePath({
    tracks,
    packager,
    whenRoom: () => view.whenRoom(),
    interleaver: {
      maxWaitMs: info.interleaveWaitMs,
      maxMediaNs: info.streamingType === 'offline' ? MAX_WAITING_OFFLINE_NS : MAX_WAITING_MEDIA_NS,
      startWaitMs: info.trackWaitMs,
      moreTracksWaitMs: info.moreTracksWaitMs,
    },
    clock,
    log,
    reports,
  });
  return { view, spool, tracks, packager, path, watch };
}

/** A view's items are frames; in near-realtime they are fragments. */
function viewItems({ maxViewItems, streamingType }: ResolvedStreamInfo): Partial<ViewOptions> {
  if (maxViewItems === undefined) return {};
  return streamingType === 'near-realtime'
    ? { maxFragments: maxViewItems }
    : { maxFrames: maxViewItems };
}

function makeTrack(
  track: TrackInfo,
  { info, reports }: FramePipelineContext,
  watch: ClockWatch,
): Track {
  return new Track(track, {
    timeline: {
      reorders: (track.description?.kind ?? track.kind ?? 'video') === 'video',
      unitNs: BigInt(sessionScaleNs(info.timecodeScaleNs)),
      defaultIntervalNs: BigInt(Math.round(1e9 / info.frameRate)),
      useFrameTimes: info.frameTimecodes,
      nowNs: () => BigInt(Math.round(watch.stampMs() * 1000)) * 1000n,
    },
    nalAdaptationFlags: info.nalAdaptationFlags,
    doubt: (of, doubt) => reports.doubted(of, doubt),
  });
}
