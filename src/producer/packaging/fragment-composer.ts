import {
  BlockWriter,
  CLUSTER_HEADER_BYTES,
  CLUSTER_TIMECODE_OFFSET,
  SIMPLE_BLOCK_HEADER_BYTES,
} from '../../matroska/blocks.ts';
import { END_OF_FRAGMENT } from '../../matroska/tags.ts';
import type { AccessUnitPlan } from '../../media/codec/codec-adapter.ts';
import type { FragmentStart, SessionFormat } from '../../storage/stored-fragment.ts';
import type { StreamView } from '../../storage/stream-view.ts';
import type { PendingFrame } from '../tracks/track.ts';
import type { MetadataBatch, MetadataQueue } from './metadata-queue.ts';
import { UsedTimecodes } from './used-timecodes.ts';

/** A frame's place in its fragment. */
export type Placement = {
  readonly trackNumber: number;
  readonly isKeyFrame: boolean;
  readonly ptsNs: bigint;
  /** Timecode units from the cluster's. */
  readonly relative: number;
  /** From where the caller has what is needed to put it again. */
  readonly neededFrom: number;
};

/** Writes fragments as Matroska into the store: tags, cluster, blocks, and the end tag. */
export class FragmentComposer {
  readonly #view: StreamView;
  readonly #metadata: MetadataQueue;
  readonly #blocks = new BlockWriter();
  readonly #used = new UsedTimecodes();

  constructor(view: StreamView, metadata: MetadataQueue) {
    this.#view = view;
    this.#metadata = metadata;
  }

  /** Bytes that a fragment takes with its metadata and first frame. */
  beginBytes(batch: MetadataBatch, plan: AccessUnitPlan): number {
    const frameBytes = SIMPLE_BLOCK_HEADER_BYTES + plan.byteLength;
    return batch.byteLength + CLUSTER_HEADER_BYTES + frameBytes;
  }

  /** Begins a fragment; room was made for it. */
  begin(fragment: Omit<FragmentStart, 'timecodeOffset'>, batch: MetadataBatch): void {
    this.#used.clear();
    const timecodeOffset = batch.byteLength + CLUSTER_TIMECODE_OFFSET;
    this.#view.begin({ ...fragment, timecodeOffset, metadataFrom: batch.neededFrom });
    this.#writeTags(batch);
    this.#blocks.writeClusterHeader(this.#view, fragment.timecode);
  }

  /** Adds a frame; room was made for it. */
  add(frame: PendingFrame, plan: AccessUnitPlan, placement: Placement): void {
    const { trackNumber, isKeyFrame, ptsNs, neededFrom } = placement;
    this.#blocks.writeSimpleBlockHeader(
      this.#view,
      trackNumber,
      this.#used.place(trackNumber, placement.relative),
      { isKeyFrame, isInvisible: frame.isInvisible, isDiscardable: frame.isDiscardable },
      plan.byteLength,
    );
    plan.writeTo(this.#view, frame.data);
    const endNs = ptsNs + frame.durationNs;
    this.#view.commit({ endNs, ptsNs, dtsNs: frame.dtsNs, isKeyFrame, neededFrom });
  }

  /**
   * Ends the open fragment with the metadata that waits and the END_OF_FRAGMENT tag.
   * @param format the header that it needs
   * @returns blocked: there is no room for them now, nothing was done; gone: making room took the
   * fragment itself
   */
  end(format: SessionFormat): 'ended' | 'blocked' | 'gone' {
    const view = this.#view;
    const batch = this.#metadata.nextForEnd();
    const hasRoom = view.reserve(batch.byteLength + END_OF_FRAGMENT.length, false);
    if (view.open === undefined) return 'gone';
    if (hasRoom) {
      this.#writeTags(batch);
      view.write(END_OF_FRAGMENT, 0, END_OF_FRAGMENT.length);
    } else if (!view.mayDrop && view.oldest !== view.open) {
      return 'blocked';
    }
    // With nothing else to be acknowledged, only ending it makes room: the next fragment, or the
    // end of the session, shows the service that it has ended.
    const tags = hasRoom ? { metadataFrom: batch.neededFrom } : {};
    view.complete({ endsWithEofr: hasRoom, format, ...tags });
    return 'ended';
  }

  #writeTags(batch: MetadataBatch): void {
    for (const { bytes } of batch.items) this.#view.write(bytes, 0, bytes.length);
    this.#metadata.applied(batch);
  }
}
