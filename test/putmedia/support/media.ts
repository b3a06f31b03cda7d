import { BlockWriter } from '../../../src/matroska/blocks.ts';
import { encodeHeader } from '../../../src/matroska/header.ts';
import { END_OF_FRAGMENT } from '../../../src/matroska/tags.ts';
import type { SessionFormat } from '../../../src/storage/stored-fragment.ts';
import type { MemorySource } from './memory-source.ts';

class Bytes {
  readonly #parts: Buffer[] = [];

  write(source: Uint8Array, start: number, end: number): void {
    this.#parts.push(Buffer.from(source.subarray(start, end)));
  }

  take(): Buffer {
    return Buffer.concat(this.#parts.splice(0));
  }
}

/** A Matroska header for a track of H.264; every call makes another format. */
export function makeFormat(title = 'test', producerStartMs?: number): SessionFormat {
  const header = {
    segmentUid: new Uint8Array(16).fill(7),
    timecodeScaleNs: 1_000_000,
    title,
    muxingApp: 'test',
    writingApp: 'test',
    tracks: [
      {
        number: 1,
        uid: 1n,
        name: 'video',
        format: { kind: 'video' as const, codecId: 'V_MPEG4/ISO/AVC', contentType: 'video/h264' },
      },
    ],
  };
  const headerBytes = encodeHeader(header);
  return producerStartMs === undefined
    ? { header, headerBytes }
    : { header, headerBytes, producerStartMs };
}

/** Puts numbered frames into a source, as the producer would. */
export class TestProducer {
  readonly source: MemorySource;
  format: SessionFormat;
  /** Frames put so far; each frame's data begins with its number. */
  frames = 0;
  nextTimecode: bigint;
  readonly #bytes = new Bytes();
  readonly #blocks = new BlockWriter();
  readonly #frameBytes: number;
  #framesInFragment = 0;

  constructor(
    source: MemorySource,
    options: { format?: SessionFormat; firstTimecode?: bigint; frameBytes?: number } = {},
  ) {
    this.source = source;
    this.format = options.format ?? makeFormat();
    this.nextTimecode = options.firstTimecode ?? 1_795_000_000_000n;
    this.#frameBytes = options.frameBytes ?? 64;
  }

  /** Begins a fragment, which completes the one before. */
  begin(): void {
    this.source.begin(this.format, this.nextTimecode);
    this.#framesInFragment = 0;
    this.#blocks.writeClusterHeader(this.#bytes, this.nextTimecode);
  }

  /** Puts one frame into the open fragment. */
  frame(durationMs = 40): void {
    const data = Buffer.alloc(Math.max(16, this.#frameBytes), ' ');
    data.write(String(this.frames++));
    this.#blocks.writeSimpleBlockHeader(
      this.#bytes,
      1,
      this.#framesInFragment * durationMs,
      { isKeyFrame: this.#framesInFragment === 0 },
      data.byteLength,
    );
    this.#bytes.write(data, 0, data.byteLength);
    this.#framesInFragment += 1;
    this.nextTimecode += BigInt(durationMs);
    this.source.append(this.#bytes.take(), durationMs);
  }

  /** A whole fragment, left open for the next one to complete. */
  fragment(frames = 3, durationMs = 40): void {
    this.begin();
    for (let frame = 0; frame < frames; frame++) this.frame(durationMs);
  }

  fragments(count: number, frames = 3, durationMs = 40): void {
    for (let fragment = 0; fragment < count; fragment++) this.fragment(frames, durationMs);
  }

  /** Completes the open fragment; with an end-of-fragment tag as an intermittent producer does. */
  complete(withEofr = false): void {
    if (withEofr) this.source.append(END_OF_FRAGMENT);
    this.source.complete(withEofr);
  }
}
