import { KvsError } from '../errors/kvs-error.ts';
import type { ByteSink } from '../media/codec/codec-adapter.ts';
import { BLOCK_FLAG } from './ids.ts';

/** Bytes of a cluster header: id, unknown size, Timecode of 8 bytes, Position 0. */
export const CLUSTER_HEADER_BYTES = 18;

/** Where a cluster header has the eight bytes of its Timecode. */
export const CLUSTER_TIMECODE_OFFSET = 7;

/** Bytes in front of a frame in its SimpleBlock: id, size of 8 bytes, track, timecode, flags. */
export const SIMPLE_BLOCK_HEADER_BYTES = 13;

/** The smallest timecode of a block: a signed 16-bit number relative to its cluster. */
export const MIN_RELATIVE_TIMECODE = -32768;
/** The largest of them. */
export const MAX_RELATIVE_TIMECODE = 32767;

/** Track number, timecode and flags count as the block's payload. */
const BLOCK_FIELDS_BYTES = 4;

/** What a SimpleBlock says of its frame. */
export type BlockFlags = {
  readonly isKeyFrame: boolean;
  readonly isInvisible?: boolean | undefined;
  readonly isDiscardable?: boolean | undefined;
};

/**
 * Writes cluster and block headers as upstream does. One small buffer is used for all of them:
 * nothing is allocated per frame.
 */
export class BlockWriter {
  readonly #cluster = Uint8Array.of(
    ...[0x1f, 0x43, 0xb6, 0x75, 0xff],
    ...[0xe7, 0x88, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0xa7, 0x81, 0],
  );
  readonly #clusterView = new DataView(this.#cluster.buffer);
  readonly #block = Uint8Array.of(0xa3, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0);
  readonly #blockView = new DataView(this.#block.buffer);

  /**
   * Writes CLUSTER_HEADER_BYTES.
   * @param timecode in timecode-scale units, not negative
   */
  writeClusterHeader(sink: ByteSink, timecode: bigint): void {
    this.#clusterView.setBigUint64(CLUSTER_TIMECODE_OFFSET, timecode);
    sink.write(this.#cluster, 0, CLUSTER_HEADER_BYTES);
  }

  /**
   * Writes SIMPLE_BLOCK_HEADER_BYTES; `frameBytes` of the frame follow.
   * @param relativeTimecode in timecode-scale units from the cluster's timecode
   * @throws KvsError STATUS_MKV_LARGE_FRAME_TIMECODE when it does not fit 16 bits
   */
  writeSimpleBlockHeader(
    sink: ByteSink,
    trackNumber: number,
    relativeTimecode: number,
    flags: BlockFlags,
    frameBytes: number,
  ): void {
    if (relativeTimecode < MIN_RELATIVE_TIMECODE || relativeTimecode > MAX_RELATIVE_TIMECODE) {
      throw new KvsError(
        'STATUS_MKV_LARGE_FRAME_TIMECODE',
        `A frame is ${relativeTimecode} timecode units away from the start of its cluster; ` +
          `${MIN_RELATIVE_TIMECODE} to ${MAX_RELATIVE_TIMECODE} are possible`,
        { advice: 'Begin a new fragment sooner, or use a larger timecode scale.' },
      );
    }
    const size = frameBytes + BLOCK_FIELDS_BYTES;
    // The size's seven lower bytes: 2^32 is far above any frame, so the upper three stay 0.
    this.#blockView.setUint32(5, size);
    this.#block[9] = 0x80 | trackNumber;
    this.#blockView.setInt16(10, relativeTimecode);
    this.#block[12] =
      (flags.isKeyFrame ? BLOCK_FLAG.KEY : 0) |
      (flags.isInvisible ? BLOCK_FLAG.INVISIBLE : 0) |
      (flags.isDiscardable ? BLOCK_FLAG.DISCARDABLE : 0);
    sink.write(this.#block, 0, SIMPLE_BLOCK_HEADER_BYTES);
  }
}
