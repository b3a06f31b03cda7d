import type { Rows } from './property-row.ts';

/** Fragments on the disk that memory has no room for. */
export const SPOOL_ROWS = {
  'spool-directory': {
    to: 'stream',
    field: 'spoolDirectory',
    type: 'text',
    default: null,
    about:
      'Folder for fragments that memory has no room for; each stream has a folder of its own in it. They are sent when the ' +
      'service is there again, also by the next start ([spool.md](spool.md)). With `streaming-type=offline`, and for a ' +
      'source that can wait, nothing goes there: the pipeline waits.',
    upstream: 'new',
  },
  'spool-size': {
    to: 'stream',
    field: 'spoolSize',
    type: 'uint',
    default: 1024,
    unit: 'MiB',
    times: 1_048_576,
    range: [1, 4_294_967_295],
    about: 'What the spool takes of the disk at most. When it is full, the oldest fragments leave.',
    upstream: 'new',
  },
  'spool-duration': {
    to: 'stream',
    field: 'spoolDurationMs',
    type: 'uint',
    default: 0,
    unit: 'seconds',
    times: 1000,
    zero: 'no limit but its size',
    about:
      'How much media the spool keeps at most. More than the retention of the stream is of no use: the service refuses it.',
    upstream: 'new',
  },
  'spool-policy': {
    to: 'stream',
    field: 'spoolPolicy',
    type: 'choice',
    default: 'ordered',
    values: {
      ordered: 'what is older goes first, and what is live after it',
      'live-first': 'what is live goes at once, and the rest beside it in a connection of its own',
    },
    about: 'What is sent first when the service is there again.',
    upstream: 'new',
  },
  'spool-bandwidth': {
    to: 'stream',
    field: 'spoolBandwidthBps',
    type: 'uint',
    default: 0,
    unit: 'bits per second',
    zero: 'no limit',
    about:
      'For what is sent from the spool, at most. With `spool-policy=ordered` it has to be more than the stream has, or the ' +
      'spool never empties.',
    upstream: 'new',
  },
  'spool-sync': {
    to: 'stream',
    field: 'spoolSync',
    type: 'choice',
    default: 'each-fragment',
    values: {
      'each-fragment': 'as soon as a fragment is written',
      interval: 'once a second',
      never: 'when the system writes it, within half a minute as a rule',
    },
    about:
      'When what is written outlives a loss of power. A process that is killed loses nothing of it in any case.',
    upstream: 'new',
  },
  'spool-key-file': {
    to: 'stream',
    field: 'spoolKeyFile',
    type: 'text',
    default: null,
    about:
      'File with 32 bytes, or 64 hexadecimal digits, that the spool is encrypted with (AES-256-GCM). By default it is not ' +
      'encrypted.',
    upstream: 'new',
  },
} as const satisfies Rows;
