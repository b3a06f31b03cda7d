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
        'live; when the buffer is full, the oldest media is dropped, and a live source is never blocked',
      'near-realtime':
        'the same, with a buffer of `buffer-duration` / `fragment-duration` fragments (more than 10), which are dropped whole',
      offline: 'a file; when the buffer is full, the pipeline waits and nothing is dropped',
    },
    about:
      'How the stream is buffered ([kvssink.md](kvssink.md#streaming-types)). `offline` needs `fragment-acks` and a ' +
      'retention of at least an hour, and does not monitor latency and staleness.',
    upstream: '`realtime` also drops media from files that are read faster than they can be sent.',
  },
  'pad-wait-time': {
    to: 'element',
    type: 'uint',
    default: 2000,
    unit: 'milliseconds',
    zero: 'do not wait',
    about:
      'How long the first frame waits for more pads while other elements may still add some (rtspsrc and demuxers, until ' +
      'they signal `no-more-pads`). A pad that is added later joins with the next fragment.',
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
      'Expected frame rate. It is used for frames without timestamps if neither caps nor durations give a rate, and as the ' +
      'initial value of the metrics ([times.md](times.md)).',
    upstream:
      'It also limits how many frames are buffered. With audio, the value itself is raised to 100.',
  },
  'avg-bandwidth-bps': {
    to: 'stream',
    field: 'avgBandwidthBps',
    type: 'uint',
    default: 4_194_304,
    unit: 'bits per second',
    about: 'Expected bandwidth, the initial transfer rate in the metrics. It has no other effect.',
  },
  'key-frame-fragmentation': {
    to: 'stream',
    field: 'keyFrameFragmentation',
    type: 'flag',
    default: true,
    about:
      'Begins a fragment at each key frame. If false, at the first key frame after `fragment-duration`. A stream of audio ' +
      'only is always cut at `fragment-duration`.',
  },
  'fragment-duration': {
    to: 'stream',
    field: 'fragmentDurationMs',
    type: 'uint',
    default: 2000,
    unit: 'milliseconds',
    range: [1000, 30_000],
    about:
      'Minimum duration of a fragment without `key-frame-fragmentation`. With `near-realtime`, also the unit of the ' +
      "buffer's size. Otherwise it is ignored, and may have any value.",
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
    about: 'Sends the timestamps of the buffers. If false, the time at which each buffer arrives.',
  },
  'absolute-fragment-times': {
    to: 'stream',
    field: 'absoluteFragmentTimes',
    type: 'flag',
    default: true,
    about:
      'Fragments carry the time since 1970. If false, they carry the time since the beginning of the stream. It is always ' +
      'true for an offline stream with a `file-start-time`.',
  },
  'correct-clock': {
    to: 'host',
    field: 'correctClock',
    type: 'flag',
    default: true,
    about:
      "If fragments carry this machine's time and it turns out to be wrong by more than 5 seconds, fragments that were not " +
      'sent yet and all that follow are corrected ([times.md](times.md)). If false, the error is only reported.',
    upstream: 'new',
    apiDiffers: "`clockErrors: ignore`: an application's timestamps are not changed",
  },
  'frame-timestamp': {
    to: 'host',
    field: 'frameTimestamp',
    type: 'choice',
    default: 'default-timestamp',
    values: {
      'pts-only': 'the PTS; the DTS is set to it',
      'dts-only': 'the DTS; the PTS is set to it',
      'default-timestamp': 'both; one replaces the other if that is missing',
    },
    about: 'Which timestamp of a buffer is used.',
    upstream: 'It was removed before 3.6.0; the developer guide of 2019 has it.',
  },
  'use-original-pts': {
    to: 'host',
    field: 'useOriginalPts',
    type: 'flag',
    default: false,
    live: true,
    about:
      'The DTS of the buffers (the PTS if there is no DTS) is in nanoseconds since 1970, and is sent unchanged.',
  },
  'file-start-time': {
    to: 'host',
    field: 'fileStartTimeS',
    type: 'uint64',
    default: 0n,
    unit: 'seconds',
    zero: "the media's own timestamps are time since 1970",
    made: 'the time at which the element is created',
    about:
      'Time since 1970 of the first frame of an offline stream; otherwise ignored. A time that does not fit into 63 bits ' +
      'of nanoseconds is an error.',
  },
  'disable-buffer-clipping': {
    to: 'element',
    type: 'flag',
    default: false,
    about:
      "Sends the buffers' own timestamps instead of running time, and keeps buffers outside their segment. Use it only for " +
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
      'Tags for every fragment, at most 10: `metadata,key1=(string)value1`. To send single tags, use the ' +
      '`kvs-add-metadata` event ([kvssink.md](kvssink.md#events)).',
    upstream: 'new',
  },
  'event-metadata': {
    to: 'element',
    type: 'structure',
    default: null,
    live: true,
    about:
      'Event to raise with fragments: `image-generation`, `notification` or `both`, then optionally `every=(uint)N` (every ' +
      'Nth fragment, default 1), `image-prefix=(string)PREFIX` and further `key=(string)value` pairs. To raise single ' +
      'events, use the `kvs-add-event` event ([kvssink.md](kvssink.md#events)).',
    upstream: 'new',
  },
} as const satisfies Rows;
