import type { Rows } from './property-row.ts';

/** The buffer, faults of the connection, and the end of the stream. */
export const DELIVERY_ROWS = {
  'storage-size': {
    to: 'storage',
    field: 'storageSize',
    type: 'uint',
    default: 128,
    unit: 'MiB',
    times: 1_048_576,
    range: [1, 10_240],
    about:
      'Memory for media that the service has not acknowledged yet. It is taken as it is needed.',
    upstream: 'The memory is reserved at the start.',
  },
  'buffer-duration': {
    to: 'stream',
    field: 'bufferDurationMs',
    type: 'uint',
    default: 120,
    unit: 'seconds',
    times: 1000,
    zero: '20',
    about: 'How much media is kept until the service has acknowledged it.',
    upstream: 'Anything up to 20 counts as 20.',
  },
  'drop-policy': {
    to: 'stream',
    field: 'dropPolicy',
    type: 'choice',
    default: 'fragment',
    values: {
      fragment: 'the oldest fragment, as a whole',
      frame: 'the last frame of the oldest fragment, so that what is left of it can be decoded',
      'key-frames':
        'of the oldest fragments, all frames but their key frame; once nothing else is left, the oldest of these. The ' +
        'buffer holds the time in between as a series of pictures',
    },
    about:
      'What leaves the buffer of a live stream when it is full ([overload.md](overload.md)). In near-realtime it is always ' +
      'whole fragments.',
    upstream: 'new',
  },
  'replay-duration': {
    to: 'stream',
    field: 'replayDurationMs',
    type: 'uint',
    default: 40,
    unit: 'seconds',
    times: 1000,
    about:
      'How far back sending starts again after an error, at most. More than `buffer-duration` counts as that.',
  },
  'fragment-acks': {
    to: 'stream',
    field: 'fragmentAcks',
    type: 'flag',
    default: true,
    about:
      'Asks the service to acknowledge each fragment. When false, media is forgotten once it is sent, and losses after that ' +
      'are not noticed.',
  },
  'restart-on-error': {
    to: 'stream',
    field: 'restartOnError',
    type: 'flag',
    default: true,
    about:
      'Connects again after an error and sends what was not acknowledged. When false, an error of a connection ends the stream.',
  },
  'max-latency': {
    to: 'stream',
    field: 'maxLatencyMs',
    type: 'uint',
    default: 60,
    unit: 'seconds',
    times: 1000,
    zero: 'never',
    about:
      'Length of the backlog from which `kvs-pressure` messages are posted ([bus-messages.md](../3-program/bus-messages.md)).',
    upstream: 'Only a line in the log tells it.',
    apiDiffers:
      "0, never, as the developer guide has it for StreamDefinition; upstream's kvssink has 60",
  },
  'connection-staleness': {
    to: 'stream',
    field: 'connectionStalenessMs',
    type: 'uint',
    default: 60,
    unit: 'seconds',
    times: 1000,
    zero: 'never',
    about:
      'Time without an acknowledgement, while media is sent or behind its end, after which the connection counts as stale and is made anew. ' +
      'The media is sent again. Without `fragment-acks` nothing is watched.',
    upstream: 'It acts once in the life of a stream.',
    apiDiffers:
      "30 s, as the developer guide has it for StreamDefinition; upstream's kvssink has 60",
  },
  'stop-stream-timeout': {
    to: 'client',
    field: 'stopStreamTimeoutMs',
    type: 'uint',
    default: 120,
    unit: 'seconds',
    times: 1000,
    zero: 'default',
    live: true,
    about:
      'Longest wait at the end (EOS, or a stop without it) for the service to acknowledge the rest. What is left then is ' +
      'lost, and `on-loss` says what that is.',
  },
  'on-loss': {
    to: 'host',
    field: 'onLoss',
    type: 'choice',
    default: 'error',
    values: {
      error: 'an ERROR, so that gst-launch-1.0 ends with exit code 1',
      warning: 'a WARNING',
    },
    about:
      'What is posted at the end when frames were taken and are not stored: not acknowledged within ' +
      '`stop-stream-timeout`, or dropped before, for want of room or because the service refused them.',
    upstream: 'new',
  },
  'host-timeout': {
    to: 'element',
    type: 'uint',
    default: 5,
    unit: 'seconds',
    zero: 'no limit',
    about:
      "How long the producer's process may give no sign of life before it is killed and replaced; four times as long while " +
      'it starts. Where elements share the process, the longest counts.',
    upstream: 'new',
  },
} as const satisfies Rows;
