import type { Rows } from './property-row.ts';

/** Pads, fragments and times: what becomes of the buffers. */
export const MEDIA_ROWS = {
  'streaming-type': {
    to: 'stream',
    field: 'streamingType',
    type: 'choice',
    default: 'realtime',
    values: {
      realtime:
        'live; when the buffer is full, the oldest media is dropped and a live source is never blocked',
      'near-realtime':
        'the same, with a buffer of `buffer-duration` / `fragment-duration` fragments, more than 10, which are dropped whole',
      offline: 'a file; when the buffer is full, the pipeline waits and nothing is dropped',
    },
    about:
      'How the stream is buffered ([kvssink.md](kvssink.md#streaming-types)). `offline` needs `fragment-acks` and a ' +
      'retention of at least an hour; latency and staleness are not watched then.',
    upstream:
      '`realtime` drops media of a file, too, when the file is read faster than it can be sent.',
  },
  'pad-wait-time': {
    to: 'element',
    type: 'uint',
    default: 2000,
    unit: 'milliseconds',
    zero: 'not at all',
    about:
      'How long the first frame waits for further pads while other elements may still bring some (rtspsrc, demuxers, until ' +
      'they say no-more-pads). A pad that comes later joins with the next fragment.',
    upstream: 'new',
  },
  framerate: {
    to: 'stream',
    field: 'frameRate',
    type: 'uint',
    default: 25,
    unit: 'frames per second',
    zero: 'default',
    about:
      'Expected frame rate, for frames without times when neither their caps nor their durations tell it, and what the ' +
      'metrics start from ([times.md](times.md)).',
    upstream:
      'It also bounds how many frames are buffered. With audio the value itself is raised to 100.',
  },
  'avg-bandwidth-bps': {
    to: 'stream',
    field: 'avgBandwidthBps',
    type: 'uint',
    default: 4_194_304,
    unit: 'bits per second',
    about:
      'Expected bandwidth. The transfer rate in the metrics starts from it; nothing else depends on it.',
  },
  'key-frame-fragmentation': {
    to: 'stream',
    field: 'keyFrameFragmentation',
    type: 'flag',
    default: true,
    about:
      'Begins a fragment with each key frame. When false, with the first key frame after `fragment-duration`. Audio alone ' +
      'is always cut by `fragment-duration`.',
  },
  'fragment-duration': {
    to: 'stream',
    field: 'fragmentDurationMs',
    type: 'uint',
    default: 2000,
    unit: 'milliseconds',
    range: [1000, 30_000],
    about:
      'Least duration of a fragment without `key-frame-fragmentation`; with `near-realtime` also the size by which the ' +
      'buffer is counted. Elsewhere it is not looked at, and may have any value.',
  },
  'timecode-scale': {
    to: 'stream',
    field: 'timecodeScaleNs',
    type: 'uint',
    default: 1,
    unit: 'milliseconds',
    times: 1_000_000,
    zero: 'default',
    range: [1, 1000],
    about: 'Resolution of the timestamps in the stream.',
  },
  'frame-timecodes': {
    to: 'stream',
    field: 'frameTimecodes',
    type: 'flag',
    default: true,
    about: 'Sends the times of the buffers. When false, the time at which each buffer arrives.',
  },
  'absolute-fragment-times': {
    to: 'stream',
    field: 'absoluteFragmentTimes',
    type: 'flag',
    default: true,
    about:
      'Fragments carry the time since 1970. When false, the time since the beginning of the stream. It is always true for ' +
      'an offline stream with a `file-start-time`.',
  },
  'correct-clock': {
    to: 'host',
    field: 'correctClock',
    type: 'flag',
    default: true,
    about:
      "Where fragments carry this machine's time and that turns out to be wrong by more than 5 seconds, fragments that " +
      'were not sent yet and all that follow get the right time ([times.md](times.md)). When false, the error is only ' +
      'reported.',
    upstream: 'new',
    apiDiffers: "`clockErrors: ignore`: the times of an application's frames are its own",
  },
  'frame-timestamp': {
    to: 'host',
    field: 'frameTimestamp',
    type: 'choice',
    default: 'default-timestamp',
    values: {
      'pts-only': 'the PTS; the DTS is set to it',
      'dts-only': 'the DTS; the PTS is set to it',
      'default-timestamp': 'both, and one stands in for the other where that is missing',
    },
    about: 'Which timestamp of a buffer counts.',
    upstream: 'It was removed before 3.6.0; the developer guide of 2019 has it.',
  },
  'use-original-pts': {
    to: 'host',
    field: 'useOriginalPts',
    type: 'flag',
    default: false,
    live: true,
    about:
      'The DTS of the buffers (without one the PTS) is nanoseconds since 1970 already, and is sent as it is.',
  },
  'file-start-time': {
    to: 'host',
    field: 'fileStartTimeS',
    type: 'uint64',
    default: 0n,
    unit: 'seconds',
    zero: "the media's own timestamps are time since 1970",
    made: 'the time at which the element is made',
    about:
      'Time since 1970 of the first frame of an offline stream; elsewhere it is not looked at. More than fits into 63 bits ' +
      'of nanoseconds is an error.',
  },
  'disable-buffer-clipping': {
    to: 'element',
    type: 'flag',
    default: false,
    about:
      "Sends the buffers' own timestamps in place of running time, and keeps buffers outside their segment. Only for " +
      'sources whose segments are wrong.',
    upstream: 'Once the element has started without it, setting it has no effect.',
  },
  'fragment-metadata': {
    to: 'host',
    field: 'fragmentMetadata',
    type: 'texts',
    default: null,
    live: true,
    about:
      'Tags on every fragment, at most 10: `metadata,key1=(string)value1`. For single tags send a `kvs-add-metadata` event ' +
      '([kvssink.md](kvssink.md#events)).',
    upstream: 'new',
  },
  'event-metadata': {
    to: 'element',
    type: 'structure',
    default: null,
    live: true,
    about:
      'Raises an event with fragments: `image-generation`, `notification` or `both`, then optionally `every=(uint)N` (each ' +
      'Nth fragment, by default each), `image-prefix=(string)PREFIX` and further `key=(string)value` pairs. For single ' +
      'events send a `kvs-add-event` event ([kvssink.md](kvssink.md#events)).',
    upstream: 'new',
  },
} as const satisfies Rows;
