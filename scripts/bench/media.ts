import { bench, group, run } from 'mitata';
import { BlockWriter } from '../../src/matroska/blocks.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { ByteSink, CodecAdapter } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';

/** A 1080p key frame at a high bit rate, and a small delta frame. */
const LARGE_BYTES = 200_000;
const SMALL_BYTES = 6_000;

/** How the reader gets its input: as large as TLS records, as Node hands them out. */
const CHUNK_BYTES = 16 * 1024;

const SPS = Buffer.from('6764001facd9405005bb016a02020280000003008000001e478c1924', 'hex');
const PPS = Buffer.from('68ebe3cb22c0', 'hex');

/** A store without storing: a ring that is copied into. */
class Ring implements ByteSink {
  readonly #bytes = Buffer.alloc(1 << 20);
  #at = 0;

  write(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#at + length > this.#bytes.length) this.#at = 0;
    this.#bytes.set(
      start === 0 && end === source.length ? source : source.subarray(start, end),
      this.#at,
    );
    this.#at += length;
  }
}

/** Bytes as entropy coding leaves them: even, with the zeros escaped. */
function slice(header: number, bytes: number): Buffer {
  const nal = Buffer.alloc(bytes);
  let state = 1;
  for (let i = 0; i < bytes; i += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    nal[i] = (state >> 16) & 255;
    if ((nal[i] ?? 0) <= 3 && nal[i - 1] === 0 && nal[i - 2] === 0) nal[i] = 4;
  }
  nal[0] = header;
  nal[bytes - 1] = 0x80;
  return nal;
}

function startCodes(...nals: Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [Buffer.of(0, 0, 0, 1), nal]));
}

function lengths(...nals: Buffer[]): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(nal.length);
      return [prefix, nal];
    }),
  );
}

function adapter(streamFormat: string): CodecAdapter {
  const track = createAdapter({ kind: 'video', mediaType: 'video/x-h264', streamFormat });
  const first = streamFormat === 'avc' ? lengths : startCodes;
  track.plan(first(SPS, PPS, slice(0x65, 100)));
  return track;
}

/** A session of ten fragments with 30 frames of SMALL_BYTES. */
function session(track: CodecAdapter): Buffer {
  const { format } = track;
  if (format === undefined) throw new Error('no format');
  const parts: Buffer[] = [];
  const sink = {
    write: (s: Uint8Array, a: number, b: number) => parts.push(Buffer.from(s.subarray(a, b))),
  };
  const writer = new BlockWriter();
  const frame = lengths(slice(0x41, SMALL_BYTES));
  const header = encodeHeader({
    segmentUid: new Uint8Array(16),
    timecodeScaleNs: 1_000_000,
    title: 'bench',
    muxingApp: 'bench',
    writingApp: 'bench',
    tracks: [{ number: 1, uid: 1n, name: 'video', format }],
  });
  sink.write(header, 0, header.length);
  for (let i = 0; i < 300; i += 1) {
    if (i % 30 === 0) writer.writeClusterHeader(sink, BigInt(i * 33));
    writer.writeSimpleBlockHeader(
      sink,
      1,
      (i % 30) * 33,
      { isKeyFrame: i % 30 === 0 },
      frame.length,
    );
    sink.write(frame, 0, frame.length);
  }
  return Buffer.concat(parts);
}

/** What packaging costs per frame, copy included, and what reading costs per session. */
export async function media(): Promise<void> {
  const ring = new Ring();
  const writer = new BlockWriter();
  const store = (track: CodecAdapter, data: Uint8Array, isKeyFrame: boolean): void => {
    const plan = track.plan(data);
    writer.writeSimpleBlockHeader(ring, 1, 0, { isKeyFrame }, plan.byteLength);
    plan.writeTo(ring, data);
  };

  const [avc, stream] = [adapter('avc'), adapter('byte-stream')];
  const cases = [
    ['key frame, 200 kB', [SPS, PPS, slice(0x65, LARGE_BYTES)], true],
    ['delta frame, 6 kB', [slice(0x41, SMALL_BYTES)], false],
  ] as const;
  for (const [name, nals, isKeyFrame] of cases) {
    const [withLengths, withStartCodes] = [lengths(...nals), startCodes(...nals)];
    group(`H.264 ${name}: adapt, SimpleBlock, copy`, () => {
      bench('avc', () => store(avc, withLengths, isKeyFrame));
      bench('byte-stream', () => store(stream, withStartCodes, isKeyFrame));
      bench('byte-stream, plan alone', () => stream.plan(withStartCodes).byteLength);
    });
  }

  const bytes = session(avc);
  group(`reader, 300 frames of 6 kB (${Math.round(bytes.length / 1000)} kB)`, () => {
    for (const chunkBytes of [bytes.length, CHUNK_BYTES]) {
      bench(`chunks of ${chunkBytes}`, () => {
        let frames = 0;
        const reader = new MatroskaReader({
          block: () => {
            frames += 1;
          },
        });
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          reader.push(bytes.subarray(at, at + chunkBytes));
        }
        reader.end();
        return frames;
      });
    }
  });
  await run();
}
