import type { Rows } from './property-row.ts';

/** Metrics and logs. */
export const REPORT_ROWS = {
  'recalculate-metrics': {
    to: 'stream',
    field: 'recalculateMetrics',
    type: 'flag',
    default: true,
    about:
      'Measures frame rate and transfer rate while streaming. When false, the metrics show what was expected.',
  },
  'get-kvs-metrics': {
    to: 'host',
    field: 'getKvsMetrics',
    type: 'flag',
    default: false,
    live: true,
    about: 'Emits the signal `stream-client-metric` with the first frame and with every key frame.',
  },
  'metrics-interval': {
    to: 'host',
    field: 'metricsIntervalMs',
    type: 'uint',
    default: 1000,
    unit: 'milliseconds',
    zero: 'never',
    live: true,
    about: 'How often a `kvs-metrics` message is posted and the property `stats` is renewed.',
    upstream: 'new',
  },
  'log-config': {
    to: 'host',
    field: 'logConfig',
    type: 'text',
    default: '../kvs_log_configuration',
    about:
      'log4cplus properties file, of which the root level and the first file appender are used ([log.md](log.md)). A file ' +
      'that does not exist is no error.',
    upstream: 'The whole file is used. Without one, everything is logged to standard output.',
  },
  'log-level': {
    to: 'host',
    field: 'logLevel',
    type: 'choice',
    default: 'auto',
    values: {
      auto: 'as much as `GST_DEBUG` asks for',
      error: 'errors',
      warning: 'errors and warnings',
      info: 'what happens',
      debug: 'everything',
    },
    about: "What the producer sends to GStreamer's debug log, category `kvssink`.",
    live: true,
    upstream: 'new',
  },
} as const satisfies Rows;
