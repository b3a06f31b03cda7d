/**
 * The wire format between the element and the core: docs/5-inside/bridge.md, native/bridge/wire.h.
 * Little-endian throughout.
 */

/** Bytes of the header in front of every message from the element. */
export const ELEMENT_HEADER_BYTES = 48;

/** Bytes of the header in front of every message to the element. */
export const HOST_HEADER_BYTES = 24;

/** GST_CLOCK_TIME_NONE on the wire. A DTS is signed: any other value is to be read as int64. */
export const TIME_NONE: bigint = 0xffff_ffff_ffff_ffffn;

/** Message types from the element. */
export const ElementMessage = {
  /** JSON: ElementConfig. First message of an element id. */
  open: 1,
  /** JSON: a track's caps (GstCapsJson). Before the track's first frame and at each change. */
  caps: 2,
  /** Payload: one access unit, or with alignment=nal a piece of one. */
  frame: 3,
  /** JSON: fragment metadata or event metadata. */
  metadata: 4,
  /** The track ended (EOS on its pad). */
  trackEos: 5,
  /** All data was handed over: send the rest, then answer `drained`. JSON: { timeoutMs }. */
  drain: 6,
  /** The track has nothing from pts for dur (a GAP event, or a track that went silent). */
  gap: 7,
  /** The timeline starts anew (flush, seek): what follows does not continue what came before. */
  flush: 8,
  /** A property that may change while playing. JSON: { name, value }. */
  property: 9,
  /** The element is gone; forget its id. What was not drained is abandoned after the grace. */
  close: 10,
  /**
   * What an earlier host of the element had: pts and dts = offsets (int64) to epoch ns, from running
   * times and from CLOCK_MONOTONIC.
   */
  timebase: 11,
  /**
   * A track comes while the stream is open (JSON: PadConfig), is gone (no payload), or, as track 0,
   * no more are expected. The newest per track is told again to a host that replaces this one.
   */
  track: 12,
  /** How the track's source delivers. JSON: SourceMessage. Before its first frame, and when it changes. */
  source: 13,
  /**
   * Frames that the element left out itself, since the last such message. JSON: { frames, reason }.
   * pts = of the first of them.
   */
  leftOut: 14,
  /** Of the plugin's link (element 0), not of an element: the host answers `pong` at once. */
  ping: 15,
} as const;

/** Bits of a frame's flags. */
export const FrameFlag = {
  keyFrame: 1,
  discontinuity: 2,
  discardable: 4,
  invisible: 8,
  /** The bridge dropped frames of this track just before this one. */
  afterDrop: 16,
  /** With alignment=nal: the access unit's last piece (the buffer's MARKER flag). */
  lastPiece: 32,
  /** The source says that the data is damaged (the buffer's CORRUPTED flag). */
  corrupted: 64,
  /** With alignment=nal: a piece of an access unit. */
  piece: 128,
} as const;

/** Message types to the element. */
export const HostMessage = {
  /** The stream can be sent to. Structure: kvs-stream-ready. */
  ready: 1,
  /** Everything is settled; code 0, or the status that kept it from being so. */
  drained: 2,
  /** Fatal: becomes a GST_MESSAGE_ERROR. Payload: structure kvs-error. */
  error: 3,
  /** Becomes a GST_MESSAGE_WARNING. Payload: structure kvs-error. */
  warning: 4,
  /** Becomes a GST_MESSAGE_ELEMENT with the payload's structure. */
  element: 5,
  /** A fragment ack: ELEMENT message and the `fragment-ack` signal. Structure kvs-fragment-ack. */
  ack: 6,
  /** Metrics: ELEMENT message, `stats` property and `stream-client-metric`. Structure kvs-metrics. */
  metrics: 7,
  /** code = bytes of this element consumed so far; the element may send up to the window beyond. */
  credit: 8,
  /** A log line: code = level (1 error, 2 warning, 4 info, 5 debug), payload = text. */
  log: 9,
  /**
   * For a host that replaces this one: code = offset (int64) from running times to epoch ns, payload
   * = that from CLOCK_MONOTONIC, and the position of the frame that it holds from, as decimal text.
   */
  timebase: 10,
  /** code = track: the element sends a force-key-unit event upstream. */
  forceKeyUnit: 11,
  /** The answer to `ping`, to element 0: the host's event loop runs. */
  pong: 12,
  /**
   * code = where in this element's bytes a host that replaces this one has to go on: all before is
   * settled, or left out and reported. Payload: the same for metadata of single fragments, as decimal
   * text, where that is earlier.
   */
  settled: 13,
} as const;

/** Bytes an element may send beyond what the host has credited (one larger frame excepted). */
export const CREDIT_WINDOW_BYTES: number = 4 * 1024 * 1024;

/** GStreamer caps as JSON: the structure's name and its fields. */
export type GstCapsJson = {
  readonly name: string;
  /** Buffers as lower-case hex, fractions as `30/1`, the rest as their JSON kind or text. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
};

/** A pad as OPEN lists it, and as a track message brings it. */
export type PadConfig = {
  readonly track: number;
  readonly kind: 'video' | 'audio' | 'other';
  /** `video_0`, `audio_0`, … */
  readonly pad: string;
  /** First structure of what the peer may send, if the pad has one that says. */
  readonly caps?: GstCapsJson;
};

/** OPEN's payload. */
export type ElementConfig = {
  /** Name of the element in its pipeline, for logs. */
  readonly element: string;
  /** All properties by their GStreamer name; GstStructure valued ones as a nested object. */
  readonly properties: Readonly<
    Record<
      string,
      string | number | boolean | null | Readonly<Record<string, string | number | boolean>>
    >
  >;
  readonly pads: readonly PadConfig[];
  /** Pads may still come: how long the first frame waits for them, unless it is told earlier. */
  readonly padWaitMs?: number;
  /** Nobody has set file-start-time: it is the time at which the element was made. */
  readonly startsNow?: boolean;
};

/** How a track's source delivers, as the element has found out. */
export type SourceMessage = {
  /** It answered a LATENCY query so: it goes on whatever happens. */
  readonly live: boolean;
  /** It is not live, and its media comes faster than time goes by. */
  readonly runsAhead: boolean;
};
