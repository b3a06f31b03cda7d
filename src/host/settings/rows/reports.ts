import type { Rows } from './property-row.ts';

/** Metrics and logs. */
export const REPORT_ROWS = {
  'recalculate-metrics': {
    to: 'stream',
    field: 'recalculateMetrics',
    type: 'flag',
    default: true,
    about:
      'Measures frame rate and transfer rate while streaming. If false, the metrics show the expected rates.',
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
    about:
      'Interval at which a `kvs-metrics` message is posted and the property `stats` is updated.',
    upstream: 'new',
  },
  'log-config': {
    to: 'host',
    field: 'logConfig',
    type: 'text',
    default: '../kvs_log_configuration',
    about:
      'log4cplus properties file, of which the root level and the first file appender are used ([log.md](log.md)). A ' +
      'missing file is not an error.',
    upstream: 'The whole file is used. Without one, everything is logged to standard output.',
  },
  'log-level': {
    to: 'host',
    field: 'logLevel',
    type: 'choice',
    default: 'auto',
    values: {
      auto: 'as set by `GST_DEBUG`',
      error: 'errors',
      warning: 'errors and warnings',
      info: 'errors, warnings and events',
      debug: 'everything',
    },
    about: "What the producer sends to GStreamer's debug log, category `kvssink`.",
    live: true,
    upstream: 'new',
  },
} as const satisfies Rows;
