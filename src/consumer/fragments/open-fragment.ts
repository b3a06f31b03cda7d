import type { ReadBlock, ReadTag } from '../../matroska/reader-handlers.ts';
import type { ConsumedFragment, ConsumedFrame, ConsumedTrack } from './consumed-fragment.ts';
import type { ServiceTags } from './service-tags.ts';

const NS_PER_MS = 1_000_000n;

/** What a frame takes in memory beside its data, so that empty ones count. Bytes. */
const FRAME_BYTES = 128;

/** A frame whose time is still relative to its cluster. */
type ReadFrame = Omit<ConsumedFrame, 'ptsNs'> & { readonly relativeNs: bigint };

/** What stands in front of a cluster. */
export type FragmentHead = {
  readonly service: ServiceTags;
  readonly tags: ReadTag[];
  /** What it takes in memory. */
  bytes: number;
};

/** A cluster whose frames, or the tags behind it, are still coming. */
export type OpenFragment = FragmentHead & {
  readonly scaleNs: bigint;
  readonly timecodeNs: bigint;
  readonly tracks: readonly ConsumedTrack[];
  readonly frames: ReadFrame[];
  hasEnded: boolean;
};

/** One without anything. */
export function newHead(): FragmentHead {
  return { service: {}, tags: [], bytes: 0 };
}

/** Adds copies of a block's frames: the reader's bytes are its own again after the call. */
export function addBlock(open: OpenFragment, block: ReadBlock): void {
  const { trackNumber, relativeTimecode, isKeyFrame, isInvisible, isDiscardable } = block;
  const frames = [block.data, ...block.laced];
  const durationNs = frameDurationNs(open, block, frames.length);
  const startNs = BigInt(relativeTimecode) * open.scaleNs;
  for (const [index, data] of frames.entries()) {
    open.bytes += FRAME_BYTES + data.length;
    open.frames.push({
      trackNumber,
      relativeNs: startNs + BigInt(index) * (durationNs ?? 0n),
      durationNs,
      isKeyFrame,
      isInvisible,
      isDiscardable,
      data: new Uint8Array(data),
    });
  }
}

function frameDurationNs(
  { tracks, scaleNs }: OpenFragment,
  { trackNumber, duration }: ReadBlock,
  count: number,
): bigint | undefined {
  const lastsNs =
    duration === undefined
      ? tracks.find(({ number }) => number === trackNumber)?.defaultDurationNs
      : (duration * Number(scaleNs)) / count;
  return lastsNs === undefined ? undefined : BigInt(Math.round(lastsNs));
}

/** The fragment as it is handed out. */
export function fragmentOf(open: OpenFragment): ConsumedFragment {
  const { service, timecodeNs, tracks } = open;
  const startNs =
    service.producerTimestamp === undefined
      ? timecodeNs
      : BigInt(service.producerTimestamp.getTime()) * NS_PER_MS;
  return {
    number: service.number,
    producerTimestamp: service.producerTimestamp,
    serverTimestamp: service.serverTimestamp,
    timecodeNs,
    // In a file, a tag about the file or a track is none of a fragment; what the service sends with
    // one was sent with it.
    tags: open.tags
      .filter(({ hasTargets }) => !hasTargets || service.number !== undefined)
      .map(({ name, value }) => ({ name, value })),
    tracks,
    frames: open.frames.map(({ relativeNs, ...frame }) => ({
      ...frame,
      ptsNs: startNs + relativeNs,
    })),
    continuationToken: service.continuationToken,
    millisBehindNow: service.millisBehindNow,
  };
}
