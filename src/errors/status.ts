import { CLIENT_STATUS } from './status/client.ts';
import { CLIENT_ACKS_STATUS } from './status/client-acks.ts';
import { COMMON_STATUS } from './status/common.ts';
import { HEAP_STATUS } from './status/heap.ts';
import { PRODUCER_STATUS } from './status/producer.ts';
import { UTILS_STATUS } from './status/utils.ts';
import { VIEW_AND_MKV_STATUS } from './status/view-and-mkv.ts';

export type { StatusRow } from './status/status-row.ts';

/**
 * Upstream's status names and numbers: one table for the whole project, in one file per range.
 * docs/2-use/errors.md is made from it.
 */
export const STATUS = {
  ...COMMON_STATUS,
  ...HEAP_STATUS,
  ...PRODUCER_STATUS,
  ...VIEW_AND_MKV_STATUS,
  ...UTILS_STATUS,
  ...CLIENT_STATUS,
  ...CLIENT_ACKS_STATUS,
} as const;

/** Every status name. */
export type StatusName = keyof typeof STATUS;
