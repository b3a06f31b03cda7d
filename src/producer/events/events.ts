import type { KvsError } from '../../errors/kvs-error.ts';
import type { ConnectionState, FragmentAck } from '../../putmedia/uploader-api.ts';
import type { SpoolStatus } from '../../spool/progress.ts';
import type { DropReason } from '../../storage/stored-fragment.ts';
import type { StreamMetrics } from './metrics.ts';

/** An event whose default reaction an application may take over. */
export type Preventable = {
  /** The producer does nothing about it: the application does. */
  preventDefault(): void;
};

/**
 * A Preventable for one event, and whether anybody has made use of it.
 * @internal
 */
export function preventable(): Preventable & { wasPrevented(): boolean } {
  let isPrevented = false;
  return {
    preventDefault: () => {
      isPrevented = true;
    },
    wasPrevented: () => isPrevented,
  };
}

/** Frames that will not reach the service, as one event per run of frames. */
export type DroppedFrames = {
  readonly frames: number;
  /** PTS of the first of them, where it is known. */
  readonly ptsNs: bigint | undefined;
  readonly reason: string;
};

/** A whole fragment that left the buffer without having been received. */
export type DroppedFragment = {
  readonly index: number;
  readonly timecode: bigint;
  readonly startNs: bigint;
  readonly frames: number;
  readonly bytes: number;
  readonly reason: DropReason;
};

/** What the bit rate of the whole stream should be, and what that is taken from. */
export type BitrateAdvice = {
  /**
   * overload: the connection takes less than comes; room: it may take more than was advised before;
   * recovered: as much as before the overload.
   */
  readonly reason: 'overload' | 'room' | 'recovered';
  readonly bitsPerSecond: number;
  /** What the stream has at present. */
  readonly streamBitsPerSecond: number;
  /** What the service acknowledged as received while something waited; undefined where nothing did. */
  readonly acknowledgedBitsPerSecond: number | undefined;
  /** The service has a fragment so long after its last frame came. */
  readonly behindMs: number;
};

/**
 * What a KinesisVideoStream tells: upstream's stream callbacks under their names, without those of
 * the backend and the platform, which are the producer's own affair, and without
 * streamUnderflowReport, which upstream never calls. Everything is told synchronously, on the JS
 * thread. Each event is for information unless a default is named.
 */
export type StreamEvents = {
  /**
   * The stream exists and can be sent to; again after each time the control plane was asked. By
   * default what is buffered is sent; no listener has to do anything.
   */
  streamReady: { readonly streamArn: string };
  /**
   * A frame was stored: so much media waits to be sent, this frame included. By default it is sent
   * in the same turn.
   */
  streamDataAvailable: { readonly durationNs: bigint; readonly bytes: number };
  /**
   * At most 5 % of the content store is free: when that begins, then at most once a second. By
   * default nothing is done; when the store is full the oldest fragments go (realtime) or putFrame
   * waits (offline, where this is not reported).
   */
  storageOverflowPressure: { readonly remainingBytes: number };
  /** At most 5 % of the buffer duration is left; otherwise like storageOverflowPressure. */
  bufferDurationOverflowPressure: { readonly remainingNs: bigint };
  /**
   * More than maxLatencyMs of media waits to be sent, looked at with each fragment. By default
   * the connection is made anew, the buffer kept, after 30 s again, then after 60 s and so on.
   */
  streamLatencyPressure: Preventable & { readonly bufferedNs: bigint };
  /**
   * Data was sent and nothing acknowledged for connectionStalenessMs, or nothing persisted (30 s at
   * least): `reason` tells which. Not more than once in 30 s. By default the connection is made
   * anew and what was not acknowledged is sent again.
   */
  streamConnectionStale: Preventable & {
    readonly lastAckAgoMs: number;
    readonly reason: KvsError;
  };
  /**
   * An acknowledgement came. `latencyMs`: since the fragment's first frame was put. By default what
   * is persisted leaves the buffer, and an error acknowledgement is followed as docs/5-inside/lifecycle.md
   * says.
   */
  fragmentAck: {
    readonly ack: FragmentAck;
    readonly session: number;
    /** The fragment's index, if it is one that this stream still holds. */
    readonly fragment: number | undefined;
    readonly latencyMs: number | undefined;
  };
  /**
   * Frames were left out: no room, no key frame before them, or not what their codec promises.
   * By default they are counted, and logged at most once a second.
   */
  droppedFrame: DroppedFrames;
  /**
   * A fragment was dropped from the buffer; its frames are not reported by droppedFrame again. By
   * default like droppedFrame.
   */
  droppedFragment: DroppedFragment;
  /**
   * Anything that went wrong. Not fatal: it was counted and the producer recovers by itself.
   * Fatal: the stream has stopped for good; nothing more is sent, and streamClosed follows.
   */
  streamError: { readonly error: KvsError; readonly fatal: boolean };
  /**
   * The clock that frames' times come from is found to be wrong (StreamInfo.clockErrors). With
   * `correct` what was not sent yet is set right, and so is all that follows.
   */
  clockError: {
    /** True time minus that of the frames. */
    readonly byMs: number;
    /** service: its Date header; step: the machine's clock was set. */
    readonly because: 'service' | 'step';
    readonly isCorrected: boolean;
    /** Buffered fragments that were set right, and those that were (partly) sent with wrong times. */
    readonly correctedFragments: number;
    readonly sentFragments: number;
  };
  /**
   * Something that whoever runs the stream must know, at most once in half a minute per kind, with
   * the counts that were not told yet: frames left out, fragments without a key frame. By default
   * nothing is done.
   */
  streamWarning: { readonly warning: KvsError };
  /**
   * Frames cannot be used, or a fragment gets too long, until this track's next key frame: an
   * encoder should make one now. At most once a second and track. By default nothing is done; kvssink
   * sends a force-key-unit event upstream.
   */
  keyFrameWanted: { readonly trackId: number };
  /**
   * The connection takes less than the stream has, or may take more than was advised before: the
   * whole stream should have so many bits per second. Never more often than every 5 s. By default
   * nothing is done; `kvs-launch --adaptive-bitrate` sets the encoder.
   */
  bitrateAdvice: BitrateAdvice;
  /**
   * A fragment has left the buffer, settled or dropped: neededFrom may have risen. By default
   * nothing is done.
   * @internal
   */
  fragmentLeft: undefined;
  /**
   * Fragments came into the spool or left it (StreamInfo.spoolDirectory): when what it does changes,
   * then every other second. By default nothing is done.
   */
  spool: SpoolStatus & { readonly folder: string };
  /** What the connection is doing, whenever that changes. */
  connectionState: ConnectionState;
  /**
   * At a fragment's begin, every metricLoggingPeriodMs, unless logMetric is false. By default the
   * figures are logged (debug).
   */
  metrics: StreamMetrics;
  /**
   * The fatal error once more, alone, after streamError: the name by which `once` and `on` of
   * node:events reject. It need not be listened to.
   */
  error: KvsError;
  /** The last byte is settled, or the stream was closed or has failed. Told once. */
  streamClosed: { readonly error: KvsError | undefined };
};

/** What a KinesisVideoProducer tells. */
export type ProducerEvents = {
  /**
   * Region, endpoint and credential source are known. By default streams that were created before
   * go on.
   */
  clientReady: { readonly region: string };
  /** There is no way to AWS: no region or no credential source. It need not be listened to. */
  error: KvsError;
  /** See StreamEvents; emitted once for all streams. */
  storageOverflowPressure: { readonly remainingBytes: number };
};
