import { CLIENT_STATUS } from './status/client.ts';
import { CLIENT_ACKS_STATUS } from './status/client-acks.ts';
import { COMMON_STATUS } from './status/common.ts';
import { HEAP_STATUS } from './status/heap.ts';
import { PRODUCER_STATUS } from './status/producer.ts';
import type { StatusRow } from './status/status-row.ts';
import { UTILS_STATUS } from './status/utils.ts';
import { VIEW_AND_MKV_STATUS } from './status/view-and-mkv.ts';
import type { StatusName } from './status.ts';

/** One table per range of numbers. */
const TABLES: readonly Readonly<Partial<Record<StatusName, StatusRow>>>[] = [
  COMMON_STATUS,
  HEAP_STATUS,
  PRODUCER_STATUS,
  VIEW_AND_MKV_STATUS,
  UTILS_STATUS,
  CLIENT_STATUS,
  CLIENT_ACKS_STATUS,
];

/**
 * The row of a status, from the tables as they are: to put them together (STATUS) takes a start 3 ms,
 * and few starts have an error to describe.
 */
export function findStatus(name: StatusName): StatusRow {
  for (const table of TABLES) {
    const row = table[name];
    if (row !== undefined) return row;
  }
  throw new Error(`There is no status ${name}`);
}
