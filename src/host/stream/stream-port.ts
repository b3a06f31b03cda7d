import type { KvsError } from '../../errors/kvs-error.ts';
import type { TrackDescription } from '../../media/codec/codec-adapter.ts';
import type { StreamEvents } from '../../producer/events/events.ts';
import type { EventMetadata } from '../../producer/info/event-metadata.ts';
import type { Frame, NeededFrom } from '../../producer/info/frame.ts';
import type { TrackInfo } from '../../producer/info/track-info.ts';
import type { ConnectionState, FragmentAck } from '../../putmedia/uploader-api.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ElementSettings } from '../settings/element-settings.ts';
import type { StreamMetrics } from './stream-metrics.ts';

/** What an element asks of the core: the part of KinesisVideoStream that the bridge has words for. */
export type StreamPort = {
  /** Another track joins; its format follows. @throws KvsError when it cannot. */
  addTrack(info: TrackInfo): void;
  /** The track leaves; what was put of it is still sent. */
  removeTrack(trackId: number): void;
  /** No further track is expected. */
  noMoreTracks(): void;
  /** Before the track's first frame, and whenever its caps change. */
  setTrackFormat(trackId: number, description: TrackDescription): void;
  /**
   * Takes one frame. A promise (offline, no room) resolves when it was taken.
   * @throws KvsError when the frame cannot be used; the stream goes on.
   */
  putFrame(frame: Frame): Promise<void> | undefined;
  /**
   * True: nothing is dropped for want of room, putFrame waits instead, also while more than
   * `aheadBytes` is not sent yet.
   */
  setBackPressure(waits: boolean, aheadBytes?: number): void;
  /** @throws KvsError when the limits of fragment metadata are broken. */
  putFragmentMetadata(name: string, value: string, persistent: boolean, position?: number): void;
  /** @throws KvsError as putFragmentMetadata. */
  putEventMetadata(
    events: readonly ('image-generation' | 'notification')[],
    metadata: EventMetadata,
    position?: number,
  ): void;
  /** From where in the element's bytes frames and metadata are not settled yet. */
  neededFrom(): NeededFrom;
  /** The track has nothing until then: nobody need wait for it. */
  gap(trackId: number, untilNs: bigint): void;
  /** The track will have no more frames. */
  endTrack(trackId: number): void;
  /** What follows does not continue what came before; the open fragment ends. */
  discontinuity(): void;
  /** Before the first frame: the clock of the frames' times is ahead of the machine's. */
  stampsAhead(aheadMs: number): void;
  /** Frames of the track were left out on the way here. */
  leftOut(
    trackId: number,
    drop: { frames: number; ptsNs: bigint | undefined; reason: string },
  ): void;
  /** Sends what is left and waits for the last acks; rejects with a KvsError that says what was not. */
  drain(timeoutMs: number): Promise<void>;
  /** Ends at once. Resolves when what the spool keeps of it is on the disk. Idempotent. */
  close(): Promise<void>;
  metrics(): StreamMetrics;
};

/** What the core tells the bridge. Called synchronously on the JS thread. */
export type StreamPortEvents = {
  ready(streamArn: string): void;
  connection(state: ConnectionState): void;
  ack(ack: FragmentAck, info: { session: number; latencyMs: number | undefined }): void;
  droppedFrames(drop: { frames: number; ptsNs: bigint | undefined; reason: string }): void;
  droppedFragment(drop: { frames: number; startNs: bigint; reason: string }): void;
  pressure(pressure: {
    kind: 'storage' | 'buffer-duration' | 'latency' | 'stale';
    remaining?: bigint;
    durationNs?: bigint;
  }): void;
  /** Fragments came into the spool or left it. */
  spool(status: StreamEvents['spool']): void;
  /** A fragment is settled or dropped: neededFrom may have risen. */
  fragmentLeft(): void;
  clockError(error: StreamEvents['clockError']): void;
  bitrateAdvice(advice: StreamEvents['bitrateAdvice']): void;
  error(error: KvsError, fatal: boolean): void;
  /** For whoever runs the pipeline; reported no more often than is useful. */
  warned(warning: KvsError): void;
  /** The track's encoder should make a key frame now. */
  keyFrameWanted(trackId: number): void;
  closed(): void;
};

/** What a stream is opened with beside the element's settings. */
export type StreamPlan = {
  /** Name of the element in its pipeline. */
  readonly element: string;
  readonly tracks: readonly TrackInfo[];
  /** Others may come: how long the first frame waits for them. */
  readonly moreTracksWaitMs: number;
};

/**
 * Makes the core's stream for an element, which logs to `log`. Never waits; throws a KvsError when it
 * cannot be.
 */
export type OpenStream = (
  settings: ElementSettings,
  plan: StreamPlan,
  events: StreamPortEvents,
  log: Logger,
) => StreamPort;
