import type { AckLevel, SessionFormat, StoredFragment } from '../storage/stored-fragment.ts';
import type { FragmentMeta } from './segment-format.ts';

/** A fragment as the spool keeps it; one that came from the store stays the same object. */
export type SpooledFragment = StoredFragment & {
  format: SessionFormat;
  timecode: bigint;
  startNs: bigint;
  endNs: bigint;
  wasReceived: boolean;
  /** The uploader has begun with it: it may be at the service. */
  wasTaken: boolean;
  readonly timecodeOffset: number | undefined;
  /** From where the caller has its frames and its own metadata; Infinity where nobody said. */
  readonly framesFrom: number;
  readonly metadataFrom: number;
};

/** A fragment of an earlier run. Its caller is gone, and so is what was acknowledged of it. */
export class RecoveredFragment implements SpooledFragment {
  /** Below 0: it goes before those of this run. */
  readonly index: number;
  format: SessionFormat;
  timecode: bigint;
  startNs: bigint;
  endNs: bigint;
  readonly byteLength: number;
  readonly frameCount: number;
  readonly arrivedMs: number;
  readonly complete = true;
  readonly endsWithEofr: boolean;
  readonly timecodeOffset: number | undefined;
  readonly framesFrom: number = Number.POSITIVE_INFINITY;
  readonly metadataFrom: number = Number.POSITIVE_INFINITY;
  ack: AckLevel = 'none';
  wasReceived = false;
  wasTaken = false;
  isInFlight = false;

  /** @param byNs what the times in its meta are to change by */
  constructor(
    index: number,
    meta: FragmentMeta,
    { format, byNs, arrivedMs }: { format: SessionFormat; byNs: bigint; arrivedMs: number },
  ) {
    const isAbsolute = format.producerStartMs === undefined;
    this.index = index;
    this.format = format;
    this.timecode =
      meta.timecode + (isAbsolute ? byNs / BigInt(format.header.timecodeScaleNs) : 0n);
    this.startNs = meta.startNs + byNs;
    this.endNs = meta.endNs + byNs;
    this.byteLength = meta.byteLength;
    this.frameCount = meta.frameCount;
    this.endsWithEofr = meta.endsWithEofr;
    this.timecodeOffset = meta.timecodeOffset;
    this.arrivedMs = arrivedMs;
  }
}

/** Writes the fragment's timecode over the one that its bytes were made with. */
export function setTimecode(bytes: Buffer, { timecode, timecodeOffset }: SpooledFragment): void {
  if (timecodeOffset !== undefined && timecodeOffset + 8 <= bytes.length) {
    bytes.writeBigUInt64BE(timecode, timecodeOffset);
  }
}
