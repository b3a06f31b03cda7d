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
      'Memory for media that the service has not acknowledged yet. It is allocated as it is needed.',
    upstream: 'The memory is allocated at the start.',
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
    upstream: 'Values up to 20 count as 20.',
  },
  'drop-policy': {
    to: 'stream',
    field: 'dropPolicy',
    type: 'choice',
    default: 'fragment',
    values: {
      fragment: 'the oldest fragment, as a whole',
      frame: 'the last frame of the oldest fragment, so that the rest of it can be decoded',
      'key-frames':
        'all frames of the oldest fragments except their key frames; once nothing else is left, the oldest key frames. ' +
        'The oldest part of the buffer becomes a series of pictures',
    },
    about:
      'What to drop when the buffer of a live stream is full ([overload.md](overload.md)). `near-realtime` always drops ' +
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
      'How much of the media that was already sent is sent again after an error, at most. Values above `buffer-duration` ' +
      'count as `buffer-duration`.',
  },
  'fragment-acks': {
    to: 'stream',
    field: 'fragmentAcks',
    type: 'flag',
    default: true,
    about:
      'Asks the service to acknowledge each fragment. If false, media is forgotten once it is sent, and later losses are ' +
      'not noticed.',
  },
  'restart-on-error': {
    to: 'stream',
    field: 'restartOnError',
    type: 'flag',
    default: true,
    about:
      'Reconnects after an error and resends what was not acknowledged. If false, an error of a connection ends the stream.',
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
      'Backlog above which `kvs-pressure` messages are posted ([bus-messages.md](../3-program/bus-messages.md)).',
    upstream: 'It is only logged.',
    apiDiffers:
      "0 (never), as in the developer guide's StreamDefinition; upstream's kvssink has 60",
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
      'Time without an acknowledgement, while media is sent or after all of it was sent, after which the connection is ' +
      'considered stale and replaced. ' +
      'The media is sent again. Has no effect without `fragment-acks`.',
    upstream: 'It acts only once in the lifetime of a stream.',
    apiDiffers: "30 s, as in the developer guide's StreamDefinition; upstream's kvssink has 60",
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
      'Maximum time to wait at the end (EOS, or a stop without it) until the service has acknowledged the rest. What is ' +
      'left then is lost, and reported according to `on-loss`.',
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
      'What is posted at the end if accepted frames were not stored: because they were not acknowledged within ' +
      '`stop-stream-timeout`, or were dropped before, for lack of room or because the service refused them.',
    upstream: 'new',
  },
  'send-interval': {
    to: 'element',
    type: 'uint',
    default: 45,
    unit: 'milliseconds',
    zero: 'each frame at once',
    about:
      'How long a frame of a live source may wait for the next ones, to be sent with them: the more frames at once, the ' +
      'less processor time. A frame is not delayed if the next one will not come within this time. Key frames, the end, and ' +
      'frames of a source that is not live are sent at once.',
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
      'it starts. If elements share the process, the longest time applies.',
    upstream: 'new',
  },
} as const satisfies Rows;
