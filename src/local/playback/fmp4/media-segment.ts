import { box, fullBox, u32, u32List, u64 } from './boxes.ts';

/** A frame of a track in decode order; times in units of the timescale. */
export type Sample = {
  readonly pts: number;
  readonly isKeyFrame: boolean;
  readonly data: Uint8Array;
};

/** Frames of one track, in decode order. */
export type TrackRun = {
  readonly track: number;
  readonly samples: readonly Sample[];
  /** Duration of the last sample, whose successor is not known. */
  readonly lastDuration: number;
  /** When the first sample must be decoded at the latest. Default: when it is shown. */
  readonly decodeBy?: number;
};

/** trun: data offset, and per sample duration, size, flags, composition offset. */
const TRUN_FLAGS = 0x000001 | 0x000100 | 0x000200 | 0x000400 | 0x000800;
const SYNC_SAMPLE = 0x02000000;
const NON_SYNC_SAMPLE = 0x01010000;

/** One moof and mdat with the frames of all tracks (ISO/IEC 14496-12, 8.8). */
export function mediaSegment(sequence: number, runs: readonly TrackRun[]): Buffer[] {
  const timed = runs.filter((run) => run.samples.length > 0).map(withDecodeTimes);
  // Built twice: the data offsets depend on the size of the box they are in.
  const size = movieFragment(sequence, timed, 0).length;
  const moof = movieFragment(sequence, timed, size + 8);
  const payload = timed.flatMap((run) => run.samples.map((sample) => sample.data));
  const bytes = payload.reduce((sum, data) => sum + data.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bytes);
  head.write('mdat', 4, 'latin1');
  return [
    moof,
    head,
    ...payload.map((data) => Buffer.from(data.buffer, data.byteOffset, data.length)),
  ];
}

/** Frames with the times at which they are decoded. */
export type TimedRun = TrackRun & { readonly dts: readonly number[] };

/**
 * Matroska has presentation times alone. Sorted, they are the decode times of a constant frame
 * rate; moved back so far that no frame is shown before it is decoded.
 */
export function withDecodeTimes(run: TrackRun): TimedRun {
  const sorted = run.samples.map((sample) => sample.pts).sort((a, b) => a - b);
  const first = sorted[0] ?? 0;
  const delay = run.samples.reduce(
    (most, sample, i) => Math.max(most, (sorted[i] ?? 0) - sample.pts),
    Math.max(0, first - (run.decodeBy ?? first)),
  );
  return { ...run, dts: sorted.map((pts) => pts - delay) };
}

function movieFragment(sequence: number, runs: readonly TimedRun[], dataOffset: number): Buffer {
  let offset = dataOffset;
  const trackFragments = runs.map((run) => {
    const { samples, dts, lastDuration } = run;
    const fields = samples.flatMap((sample, i) => {
      const now = dts[i] ?? 0;
      const next = dts[i + 1] ?? now + lastDuration;
      return [
        next - now,
        sample.data.length,
        sample.isKeyFrame ? SYNC_SAMPLE : NON_SYNC_SAMPLE,
        sample.pts - now,
      ];
    });
    const fragment = box(
      'traf',
      // default-base-is-moof.
      fullBox('tfhd', 0, 0x020000, u32(run.track)),
      fullBox('tfdt', 1, 0, u64(dts[0] ?? 0)),
      fullBox('trun', 1, TRUN_FLAGS, u32(samples.length, offset), u32List(fields)),
    );
    offset += samples.reduce((sum, sample) => sum + sample.data.length, 0);
    return fragment;
  });
  return box('moof', fullBox('mfhd', 0, 0, u32(sequence)), ...trackFragments);
}
