import type { ConnectionState } from '../../putmedia/uploader-api.ts';
import type { HealthRecord } from '../health/health-record.ts';

/** A stream that is open, or was. Times are milliseconds of CLOCK_MONOTONIC. */
export type StreamStatus = {
  readonly name: string;
  /** Closed streams keep their last figures, so that their counters do not vanish. */
  readonly isOpen: boolean;
  readonly connection: ConnectionState['kind'];
  readonly openedMs: number;
  /** When frames were last seen to come; `openedMs` before the first. */
  readonly frameMs: number;
  /** Last received or persisted ack; absent before the first. */
  readonly ackedMs?: number;
  /** The whole numbers of kvs-metrics; its counters add up over all openings of the stream. */
  readonly counts: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, number>>;
};

/** What a process that streams says of its streams, at most once a second. */
export type StatusRecord = {
  /** Another one: another process, whose counters began at 0. */
  readonly source: string;
  readonly streams: readonly StreamStatus[];
};

/** Whoever has figures. */
export type StatusSource = {
  /** The newest figures, of at most a second ago. */
  read(): StatusRecord;
};

/** The same as `kvs-launch health` reads from its file; undefined before a stream was opened. */
export function healthOf({ streams }: StatusRecord): HealthRecord | undefined {
  if (streams.length === 0) return undefined;
  const acks = streams.flatMap(({ ackedMs }) => (ackedMs === undefined ? [] : [ackedMs]));
  const open = streams.filter(({ isOpen }) => isOpen);
  return {
    ...(acks.length === 0 ? {} : { ackedMs: Math.max(...acks) }),
    streams: Object.fromEntries(
      open.map(({ name, openedMs, ackedMs, frameMs }) => [
        name,
        // An ack of an earlier opening is not one of this.
        { ackedMs: Math.max(openedMs, ackedMs ?? 0), frameMs },
      ]),
    ),
  };
}
