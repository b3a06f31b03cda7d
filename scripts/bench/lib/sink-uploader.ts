import { newCounters } from '../../../src/putmedia/uploader/counters.ts';
import type { Uploader, UploaderDependencies } from '../../../src/putmedia/uploader-api.ts';
import type { StoredFragment } from '../../../src/storage/stored-fragment.ts';

/** Reads what is committed, as a session would, hands it to nobody and persists what is complete. */
export function sinkUploader({ source, events }: UploaderDependencies): Uploader {
  let current: StoredFragment | undefined;
  let offset = 0;
  let next = 0;
  const drains: (() => void)[] = [];
  const counters = newCounters();
  counters.totalSessions = 1;
  counters.activeSessions = 1;
  const pump = (): void => {
    for (;;) {
      current ??= source.firstFrom(next);
      if (current === undefined) break;
      const bytes = source.read(current, offset, 1 << 20);
      if (bytes !== undefined) {
        offset += bytes.length;
        counters.transferredBytes += bytes.length;
      } else if (current.complete) {
        current.ack = 'persisted';
        counters.persistedAcks += 1;
        next = current.index + 1;
        offset = 0;
        source.settle(current);
        current = undefined;
      } else {
        break;
      }
    }
    if (drains.length > 0 && source.oldest === undefined) {
      for (const done of drains.splice(0)) done();
    }
  };
  return {
    start() {
      source.onChange = pump;
      events.ready('arn:aws:kinesisvideo:us-west-2:123456789012:stream/bench/1');
      pump();
    },
    resetConnection() {},
    retryNow() {},
    drain: () =>
      new Promise((resolve) => {
        drains.push(resolve);
        pump();
      }),
    close() {},
    counters,
  };
}
