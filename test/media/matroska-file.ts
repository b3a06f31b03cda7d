import { BlockWriter } from '../../src/matroska/blocks.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { END_OF_FRAGMENT } from '../../src/matroska/tags.ts';
import type { CodecAdapter } from '../../src/media/codec/codec-adapter.ts';
import { createAdapter } from '../../src/media/create-adapter.ts';
import { CollectingSink } from './support.ts';
import type { Recording } from './tools.ts';

/** What matroskaFile made, and of what. */
export type MatroskaFile = { bytes: Buffer; blocks: number; adapter: CodecAdapter };

/**
 * One track as the producer would send it: a cluster at each random access point (of audio, each
 * 50 frames), blocks `frameMs` apart, the end-of-fragment tag at the end.
 */
export function matroskaFile({ description, units }: Recording, frameMs: number): MatroskaFile {
  const adapter = createAdapter(description);
  const sink = new CollectingSink();
  const writer = new BlockWriter();
  let blocks = 0;
  let clusterMs = 0;
  let hasHeader = false;
  for (const data of units) {
    const plan = adapter.plan(data);
    if (plan.byteLength === 0) continue;
    if (!hasHeader) {
      const { format } = adapter;
      if (format === undefined) throw new Error('a picture came before the format was known');
      const header = encodeHeader({
        segmentUid: new Uint8Array(16).fill(9),
        timecodeScaleNs: 1_000_000,
        title: 'test',
        muxingApp: 'kvs-launch test',
        writingApp: 'kvs-launch test',
        tracks: [{ number: 1, uid: 1n, name: 'track', format }],
      });
      sink.write(header, 0, header.length);
      hasHeader = true;
    }
    const timeMs = Math.round(blocks * frameMs);
    const isClusterStart =
      blocks === 0 || (description.kind === 'audio' ? blocks % 50 === 0 : plan.isRandomAccessPoint);
    if (isClusterStart) {
      clusterMs = timeMs;
      writer.writeClusterHeader(sink, BigInt(timeMs));
    }
    writer.writeSimpleBlockHeader(
      sink,
      1,
      timeMs - clusterMs,
      { isKeyFrame: plan.isRandomAccessPoint },
      plan.byteLength,
    );
    plan.writeTo(sink, data);
    blocks += 1;
  }
  sink.write(END_OF_FRAGMENT, 0, END_OF_FRAGMENT.length);
  return { bytes: sink.bytes, blocks, adapter };
}
