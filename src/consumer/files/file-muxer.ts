import { KvsError } from '../../errors/kvs-error.ts';
import type { ConsumedFragment, ConsumedTrack } from '../fragments/consumed-fragment.ts';

/** Bytes for a place in a file. */
export type FileWrite = { readonly position: number; readonly data: Uint8Array };

/** Makes one file of fragments that follow one another. */
export type FileMuxer = {
  /** Whether a fragment can stand behind those that were added. */
  accepts(fragment: ConsumedFragment): boolean;
  /** @throws KvsError for what is not accepted, and for what the format cannot hold */
  add(fragment: ConsumedFragment): Promise<readonly FileWrite[]>;
  /** The file ends: what was added before is whole. */
  end(): Promise<readonly FileWrite[]>;
};

/** Back in time by more than what tracks are apart: another start of the producer. */
const MAX_STEP_BACK_NS = 1_000_000_000n;

/** When the first frame of a fragment is shown; undefined for one without frames. */
export function startOfFragment({ frames }: ConsumedFragment): bigint | undefined {
  return frames.reduce<bigint | undefined>(
    (least, { ptsNs }) => (least === undefined || ptsNs < least ? ptsNs : least),
    undefined,
  );
}

/**
 * When the last frame of a fragment has been shown; undefined for one without frames. A frame that
 * does not say how long it lasts is taken to last as the others of its track do.
 */
export function endOfFragment({ frames }: ConsumedFragment): bigint | undefined {
  let endNs: bigint | undefined;
  for (const track of new Set(frames.map(({ trackNumber }) => trackNumber))) {
    const own = frames.filter(({ trackNumber }) => trackNumber === track);
    const times = own.map(({ ptsNs }) => ptsNs).sort((a, b) => (a < b ? -1 : 1));
    const [firstNs = 0n, lastNs = 0n] = [times.at(0), times.at(-1)];
    const stepNs = times.length > 1 ? (lastNs - firstNs) / BigInt(times.length - 1) : 0n;
    for (const { ptsNs, durationNs = stepNs } of own) {
      if (endNs === undefined || ptsNs + durationNs > endNs) endNs = ptsNs + durationNs;
    }
  }
  return endNs;
}

/**
 * Whether a fragment can stand behind another one in the same file: its tracks are the same, and
 * its time does not run backwards.
 */
export function continuesFile(before: ConsumedFragment, next: ConsumedFragment): boolean {
  const [beforeNs, nextNs] = [startOfFragment(before), startOfFragment(next)];
  const isBack =
    beforeNs !== undefined && nextNs !== undefined && nextNs < beforeNs - MAX_STEP_BACK_NS;
  return !isBack && areSameTracks(before.tracks, next.tracks);
}

function areSameTracks(some: readonly ConsumedTrack[], others: readonly ConsumedTrack[]): boolean {
  return (
    some.length === others.length &&
    some.every((track, index) => {
      const other = others[index];
      return (
        other !== undefined &&
        track.number === other.number &&
        track.codecId === other.codecId &&
        track.width === other.width &&
        track.height === other.height &&
        track.samplingFrequencyHz === other.samplingFrequencyHz &&
        track.channels === other.channels &&
        Buffer.compare(
          track.codecPrivate ?? new Uint8Array(),
          other.codecPrivate ?? new Uint8Array(),
        ) === 0
      );
    })
  );
}

/** @throws KvsError where a fragment cannot stand behind those of a file */
export function checkAccepted(muxer: FileMuxer, fragment: ConsumedFragment): void {
  if (muxer.accepts(fragment)) return;
  throw new KvsError(
    'STATUS_INVALID_ARG',
    `Fragment ${fragment.number ?? 'without a number'} has other tracks than the file, or begins ` +
      'before the last one',
    { advice: 'Begin another file where continuesFile() is false.' },
  );
}
