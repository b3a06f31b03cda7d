import type { KvsError } from '../errors/kvs-error.ts';
import type { ConnectionState, FragmentAck } from '../putmedia/types.ts';
import type { StreamMetrics } from './metrics.ts';

/** An event whose default reaction an application may take over. */
export type Preventable = {
  /** The producer does nothing about it: the application does. */
  preventDefault(): void;
};

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
  readonly reason: 'storage-full' | 'buffer-duration' | 'rejected' | 'reset';
};

/** What a KinesisVideoStream tells. Everything is told synchronously, on the JS thread. */
export type StreamEvents = {
  /** The stream exists and can be sent to; again after each time the control plane was asked. */
  streamReady: { readonly streamArn: string };
  /** The first bytes, or bytes after there were none, can be sent. The default sends them. */
  streamDataAvailable: { readonly durationNs: bigint; readonly bytes: number };
  /**
   * At most 5 % of the content store is free: when that begins, then at most once a second. By
   * default nothing is done; when the store is full the oldest fragments go (realtime) or putFrame
   * waits (offline).
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
   * least): `reason` tells which. By default the connection is made anew and what was not
   * acknowledged is sent again.
   */
  streamConnectionStale: { readonly lastAckAgoMs: number; readonly reason: KvsError };
  /** An acknowledgement came. `latencyMs`: since the fragment's first frame was put. */
  fragmentAck: {
    readonly ack: FragmentAck;
    readonly session: number;
    /** The fragment's index, if it is one that this stream still holds. */
    readonly fragment: number | undefined;
    readonly latencyMs: number | undefined;
  };
  /** Frames were left out: no room, no key frame before them, or not what their codec promises. */
  droppedFrame: DroppedFrames;
  /** A fragment was dropped from the buffer; its frames are not told by droppedFrame again. */
  droppedFragment: DroppedFragment;
  /**
   * Anything that went wrong. Not fatal: it was counted and the producer recovers by itself.
   * Fatal: the stream has stopped for good; nothing more is sent.
   */
  streamError: { readonly error: KvsError; readonly fatal: boolean };
  /** What the connection is doing. */
  connectionState: ConnectionState;
  /** At a fragment's begin, every metricLoggingPeriodMs. */
  metrics: StreamMetrics;
  /** The last byte is settled, or the stream was closed or has failed. Told once. */
  streamClosed: { readonly error: KvsError | undefined };
};

/** What a KinesisVideoProducer tells. */
export type ProducerEvents = {
  /** Region, endpoint and credential source are known; streams go on by themselves. */
  clientReady: { readonly region: string };
  /** See StreamEvents; told once for all streams. */
  storageOverflowPressure: { readonly remainingBytes: number };
};
