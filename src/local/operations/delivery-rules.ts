import type { StreamRecord } from '../data-folder/stream-record.ts';
import { requireRetention } from './playback-range.ts';
import { requireActive } from './require-version.ts';

/**
 * What the configuration of images and notifications needs.
 * @throws ServiceError ResourceInUseException, NoDataRetentionException
 */
export function requireDeliverable(record: StreamRecord): void {
  requireActive(record);
  requireRetention(record);
}
