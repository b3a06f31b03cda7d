const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The JPEGs in a stream of bytes, whatever stands between them (the headers of a multipart answer).
 * @param {AsyncIterable<Uint8Array>} chunks
 */
export async function* jpegs(chunks) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of chunks) {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const start = bytes.indexOf(Buffer.of(MARKER, START_OF_IMAGE, MARKER));
      const end = start < 0 ? undefined : endOf(bytes, start + 2);
      if (end === undefined) break;
      yield bytes.subarray(start, end);
      bytes = bytes.subarray(end);
    }
    if (bytes.length > MAX_BYTES) throw new Error('There is no JPEG in what the camera sends');
  }
}

/**
 * Where the JPEG ends whose segments begin here. Segments have lengths, so that the end of a preview
 * in one of them is not taken for it.
 * @param {Buffer} bytes @param {number} at
 */
function endOf(bytes, at) {
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    if (bytes[at] !== MARKER) throw new Error('The camera sends a damaged JPEG');
    const isScan = bytes[at + 1] === START_OF_SCAN;
    at += 2 + length;
    if (!isScan) continue;
    // Entropy-coded data has ff only before 00 and restart markers; then comes another segment.
    for (; at + 1 < bytes.length; at++) {
      const next = bytes[at + 1] ?? 0;
      if (bytes[at] !== MARKER || next === 0 || next === MARKER) continue;
      if (next >= 0xd0 && next <= 0xd7) continue;
      if (next === END_OF_IMAGE) return at + 2;
      break;
    }
  }
  return undefined;
}
