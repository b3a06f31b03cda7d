/** Ids and sizes of the few elements the service writes by itself (RFC 8794, RFC 9559). */
const EBML_ID = [0x1a, 0x45, 0xdf, 0xa3];
const DOC_TYPE_ID = [0x42, 0x82];
const DOC_TYPE_VERSION_ID = [0x42, 0x87];
const DOC_TYPE_READ_VERSION_ID = [0x42, 0x85];
const CLUSTER_ID = [0x1f, 0x43, 0xb6, 0x75];
const TIMECODE_ID = [0xe7];
const TAGS_ID = [0x12, 0x54, 0xc3, 0x67];
const TAG_ID = [0x73, 0x73];
const SIMPLE_TAG_ID = [0x67, 0xc8];
const TAG_NAME_ID = [0x45, 0xa3];
const TAG_STRING_ID = [0x44, 0x87];

/**
 * Segment of unknown size: GetMedia sends one per fragment, one after the other, and readers join
 * them into one set of tracks only when none of them claims to end.
 */
export const SEGMENT_START = Uint8Array.of(
  0x18,
  0x53,
  0x80,
  0x67,
  0x01,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
);

/** Of a document that the service makes by itself, without a producer's. */
export const EBML_HEADER = element(
  EBML_ID,
  Buffer.concat([
    element(DOC_TYPE_ID, Buffer.from('matroska')),
    element(DOC_TYPE_VERSION_ID, Uint8Array.of(4)),
    element(DOC_TYPE_READ_VERSION_ID, Uint8Array.of(2)),
  ]),
);

/** Cluster id, size and Timecode for blocks of `blocksBytes` bytes. */
export function clusterStart(timecode: bigint, blocksBytes: number): Uint8Array {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(timecode);
  const timecodeElement = element(TIMECODE_ID, time);
  return Buffer.concat([
    Buffer.from(CLUSTER_ID),
    size8(timecodeElement.length + blocksBytes),
    timecodeElement,
  ]);
}

/** One Tags element with one Tag of several SimpleTags. */
export function tagsElement(tags: readonly (readonly [name: string, value: string])[]): Uint8Array {
  const simple = tags.map(([name, value]) =>
    element(
      SIMPLE_TAG_ID,
      Buffer.concat([
        element(TAG_NAME_ID, Buffer.from(name)),
        element(TAG_STRING_ID, Buffer.from(value)),
      ]),
    ),
  );
  return element(TAGS_ID, element(TAG_ID, Buffer.concat(simple)));
}

function element(id: readonly number[], payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(id), size8(payload.length), payload]);
}

/** A size in its eight-byte form. */
function size8(bytes: number): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(bytes));
  size[0] = 0x01;
  return size;
}
