import type { Rows } from './property-row.ts';

/** Fragments on the disk that memory has no room for. */
export const SPOOL_ROWS = {
  'spool-directory': {
    to: 'stream',
    field: 'spoolDirectory',
    type: 'text',
    default: null,
    about:
      'Folder for fragments that do not fit in memory; each stream has a folder of its own in it. They are sent when the ' +
      'service is available again, if necessary after the next start ([spool.md](spool.md)). With ' +
      '`streaming-type=offline`, or a source that can wait, nothing is spooled: the pipeline waits.',
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
    about: 'Maximum disk space for the spool. When it is full, the oldest fragments are dropped.',
    upstream: 'new',
  },
  'spool-duration': {
    to: 'stream',
    field: 'spoolDurationMs',
    type: 'uint',
    default: 0,
    unit: 'seconds',
    times: 1000,
    zero: 'limited only by `spool-size`',
    about:
      "How much media the spool keeps at most. More than the stream's retention is of no use: the service refuses it.",
    upstream: 'new',
  },
  'spool-policy': {
    to: 'stream',
    field: 'spoolPolicy',
    type: 'choice',
    default: 'ordered',
    values: {
      ordered: 'oldest media first, then live media',
      'live-first': 'live media at once, and the backlog beside it on a connection of its own',
    },
    about: 'What is sent first when the service is available again.',
    upstream: 'new',
  },
  'spool-bandwidth': {
    to: 'stream',
    field: 'spoolBandwidthBps',
    type: 'uint',
    default: 0,
    unit: 'bits per second',
    zero: 'unlimited',
    about:
      "Maximum rate for media that is sent from the spool. With `spool-policy=ordered` it has to exceed the stream's bit " +
      'rate, or the spool never empties.',
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
      never: 'when the system writes it to the disk, usually within half a minute',
    },
    about:
      'When data that was written to the spool is safe from a loss of power. It is always safe if only the process is killed.',
    upstream: 'new',
  },
  'spool-key-file': {
    to: 'stream',
    field: 'spoolKeyFile',
    type: 'text',
    default: null,
    about:
      'File with 32 bytes, or 64 hexadecimal digits, as the key to encrypt the spool with (AES-256-GCM). By default, it is ' +
      'not encrypted.',
    upstream: 'new',
  },
} as const satisfies Rows;
