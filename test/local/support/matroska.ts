/** Matroska by hand, for documents that no muxer would write. */

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** An element with an eight-byte size; unknown size without a payload. */
export function element(id: string, ...payload: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(payload);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length));
  size[0] = 1;
  return Buffer.concat([bytes(id), size, body]);
}

export function open(id: string): Buffer {
  return Buffer.concat([bytes(id), bytes('01ffffffffffffff')]);
}

function number(value: number | bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
}

export const EBML = element(
  '1a45dfa3',
  element('4286', bytes('01')),
  element('42f7', bytes('01')),
  element('42f2', bytes('04')),
  element('42f3', bytes('08')),
  element('4282', Buffer.from('matroska')),
  element('4287', bytes('02')),
  element('4285', bytes('02')),
);

export function info(timecodeScaleNs = 1_000_000): Buffer {
  return element('1549a966', element('2ad7b1', number(timecodeScaleNs)));
}

/** H.264 at 1, AAC at 2, whatever at 3 and above. */
export function track(n: number, codecPrivate = bytes('014d4015ffe1000000')): Buffer {
  return element(
    'ae',
    element('d7', bytes(n.toString(16).padStart(2, '0'))),
    element('73c5', number(n)),
    element('83', bytes(n === 2 ? '02' : '01')),
    element('86', Buffer.from(n === 2 ? 'A_AAC' : 'V_MPEG4/ISO/AVC')),
    element('63a2', n === 2 ? bytes('1190') : codecPrivate),
  );
}

export function tracks(...entries: readonly Uint8Array[]): Buffer {
  return element('1654ae6b', ...entries);
}

/** EBML header, Segment, Info and Tracks. */
export function head(...entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    EBML,
    open('18538067'),
    info(),
    tracks(...(entries.length ? entries : [track(1)])),
  ]);
}

export function cluster(timecode: number | bigint): Buffer {
  return Buffer.concat([open('1f43b675'), element('e7', number(timecode))]);
}

/** A SimpleBlock. */
export function block(
  relative: number,
  trackNumber = 1,
  payload: Uint8Array = bytes('00'),
): Buffer {
  const start = Buffer.alloc(4);
  start[0] = 0x80 | trackNumber;
  start.writeInt16BE(relative, 1);
  start[3] = 0x80;
  return element('a3', start, payload);
}

/** A cluster that says how large it is. */
export function sizedCluster(timecode: number, ...blocks: readonly Uint8Array[]): Buffer {
  return element('1f43b675', element('e7', number(timecode)), ...blocks);
}

/** One Tags element. */
export function tags(...pairs: readonly (readonly [string, string])[]): Buffer {
  return element(
    '1254c367',
    element(
      '7373',
      ...pairs.map(([name, value]) =>
        element('67c8', element('45a3', Buffer.from(name)), element('4487', Buffer.from(value))),
      ),
    ),
  );
}

/** Tags about the whole file, as muxers write them. */
export function fileTags(...pairs: readonly (readonly [string, string])[]): Buffer {
  const simple = pairs.map(([name, value]) =>
    element('67c8', element('45a3', Buffer.from(name)), element('4487', Buffer.from(value))),
  );
  return element('1254c367', element('7373', element('63c0'), ...simple));
}

export const END_OF_FRAGMENT = tags(['AWS_KINESISVIDEO_END_OF_FRAGMENT', '']);
