import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { MatroskaReader } from '../../src/matroska/reader.ts';

/** One access unit of an encoder, with 4-byte lengths in front of its NAL units. */
export type AccessUnit = {
  /** From the first frame on. */
  readonly ptsNs: bigint;
  readonly isKeyFrame: boolean;
  readonly data: Buffer;
};

/** What an encoder has made: frames in decoding order, and how its caps are written. */
export type Encoded = {
  readonly name: string;
  readonly mediaType: 'video/x-h264' | 'video/x-h265';
  readonly width: number;
  /** avcC or hvcC, in hex. */
  readonly codecData: string;
  readonly units: readonly AccessUnit[];
};

const START_CODE = Buffer.from([0, 0, 0, 1]);

/** Encodes a small test picture with a real encoder. */
export function encode(name: string, encoder: string, width = 32, frames = 48): Encoded {
  const mediaType = encoder.includes('h265parse') ? 'video/x-h265' : 'video/x-h264';
  const line =
    `videotestsrc num-buffers=${frames} pattern=ball ! ` +
    `video/x-raw,width=${width},height=32,framerate=25/1 ! ${encoder} ! matroskamux ! fdsink`;
  const { status, stdout, stderr } = spawnSync('gst-launch-1.0', ['-q', ...line.split(' ')], {
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, String(stderr));
  const units: AccessUnit[] = [];
  let clusterMs = 0;
  let codecData = '';
  const reader = new MatroskaReader({
    tracks: ([track]) => {
      codecData = Buffer.from(track?.codecPrivate ?? []).toString('hex');
    },
    clusterStart: (timecode) => {
      clusterMs = Number(timecode);
    },
    block: ({ relativeTimecode, isKeyFrame, data }) =>
      units.push({
        ptsNs: BigInt(clusterMs + relativeTimecode) * 1_000_000n,
        isKeyFrame,
        data: Buffer.from(data),
      }),
  });
  reader.push(stdout);
  reader.end();
  return { name, mediaType, width, codecData, units };
}

/** The same with start codes. */
export function annexB(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at);
    parts.push(START_CODE, data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}

/** NAL units of one, without their lengths. */
export function nalUnits(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const length = data.readUInt32BE(at);
    nals.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return nals;
}

/** Behind the last slice a decoder does not look, so a frame's number can stand there. */
export function numbered(data: Buffer, id: number): Buffer {
  const tail = Buffer.from([21, 14, 7, 0].map((shift) => 0x80 | ((id >> shift) & 0x7f)));
  const nals = nalUnits(data);
  const last = nals.pop() ?? Buffer.alloc(0);
  return Buffer.concat([...nals, Buffer.concat([last, tail])].flatMap((nal) => [length(nal), nal]));
}

function length(nal: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(nal.length);
  return bytes;
}
