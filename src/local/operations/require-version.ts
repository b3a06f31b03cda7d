import type { StreamRecord } from '../data-folder/stream-record.ts';
import { ServiceError } from '../errors/service-error.ts';

/**
 * The optimistic lock of the operations that change a stream.
 * @throws ServiceError VersionMismatchException
 */
export function requireVersion(record: StreamRecord, currentVersion: string): void {
  if (record.version === currentVersion) return;
  throw new ServiceError(
    'VersionMismatchException',
    `The version '${currentVersion}' is not the latest one; DescribeStream returns it.`,
  );
}

/**
 * @throws ServiceError ResourceInUseException while the stream is being created or changed.
 */
export function requireActive(record: StreamRecord): void {
  if (record.status === 'ACTIVE') return;
  throw new ServiceError(
    'ResourceInUseException',
    `The stream '${record.name}' is ${record.status}, not ACTIVE.`,
  );
}
