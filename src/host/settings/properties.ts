import { CONNECTION_ROWS } from './rows/connection.ts';
import { DELIVERY_ROWS } from './rows/delivery.ts';
import { MEDIA_ROWS } from './rows/media.ts';
import type { Rows } from './rows/property-row.ts';
import { REPORT_ROWS } from './rows/reports.ts';
import { SPOOL_ROWS } from './rows/spool.ts';
import { STREAM_ROWS } from './rows/stream.ts';

/**
 * All properties of kvssink that can be set, by name. A new one is a row here and a row in
 * native/element/property_table.cc; test/e2e/properties.test.ts compares the two.
 */
export const PROPERTIES = {
  ...STREAM_ROWS,
  ...CONNECTION_ROWS,
  ...MEDIA_ROWS,
  ...DELIVERY_ROWS,
  ...SPOOL_ROWS,
  ...REPORT_ROWS,
} as const satisfies Rows;

/** E.g. `stream-name`. */
export type PropertyName = keyof typeof PROPERTIES;
