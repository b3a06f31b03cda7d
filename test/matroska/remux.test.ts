import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BlockWriter } from '../../src/matroska/blocks.ts';
import { encodeHeader } from '../../src/matroska/header.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import type { ReadTrack } from '../../src/matroska/reader-handlers.ts';
import type { TrackFormat } from '../../src/media/codec/codec-adapter.ts';
import { CollectingSink } from '../media/support.ts';
import { ffmpeg, needs, run, tempDir } from '../media/tools.ts';

const KIND = new Map<number, TrackFormat['kind']>([
  [1, 'video'],
  [2, 'audio'],
]);

function format(track: ReadTrack): TrackFormat {
  const { codecPrivate, width, height, samplingFrequencyHz, channels } = track;
  return {
    kind: KIND.get(track.type) ?? 'other',
    codecId: track.codecId,
    contentType: '',
    ...(codecPrivate === undefined ? {} : { codecPrivate }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(samplingFrequencyHz === undefined ? {} : { samplingFrequencyHz }),
    ...(channels === undefined ? {} : { channels }),
  };
}

/** Reads a document and writes it anew. */
function remux(input: Uint8Array, chunkBytes: number): Buffer {
  const sink = new CollectingSink();
  const writer = new BlockWriter();
  let scaleNs = 0;
  const reader = new MatroskaReader({
    info(info) {
      scaleNs = info.timecodeScaleNs;
    },
    tracks(tracks) {
      const header = encodeHeader({
        segmentUid: new Uint8Array(16).fill(1),
        timecodeScaleNs: scaleNs,
        title: 'remux',
        muxingApp: 'test',
        writingApp: 'test',
        tracks: tracks.map((track) => ({
          number: track.number,
          uid: track.uid,
          name: track.name,
          format: format(track),
        })),
      });
      sink.write(header, 0, header.length);
    },
    clusterStart(timecode) {
      writer.writeClusterHeader(sink, timecode);
    },
    block(block) {
      const { trackNumber, relativeTimecode, data } = block;
      writer.writeSimpleBlockHeader(sink, trackNumber, relativeTimecode, block, data.length);
      sink.write(data, 0, data.length);
    },
  });
  for (let at = 0; at < input.length; at += chunkBytes) {
    reader.push(input.subarray(at, at + chunkBytes));
  }
  reader.end();
  return sink.bytes;
}

/**
 * What ffprobe finds in a file, to be compared: each track, then each packet with its time as it
 * stands in the file, its size, its checksum and whether it is a key frame.
 */
function contents(file: string): string[] {
  const probed: Probed = JSON.parse(
    run('ffprobe', [
      ...['-v', 'error', '-of', 'json', '-show_data_hash', 'md5', '-show_streams', '-show_packets'],
      file,
    ]),
  );
  const delays = probed.streams.map((stream) =>
    Math.round(((stream.initial_padding ?? 0) * 1000) / Number(stream.sample_rate ?? 1)),
  );
  const tracks = probed.streams.map((stream) =>
    [
      ...[stream.codec_name, stream.extradata_hash, stream.time_base, stream.width, stream.height],
      ...[stream.sample_rate, stream.channels],
    ].join(),
  );
  // Decoding times and durations are left out: ffmpeg makes them from elements that upstream, and
  // so we, do not write. CodecDelay is another: ffmpeg 7 writes it, 5 did not, and every
  // reader takes it off.
  const packets = probed.packets.map(({ stream_index: index, pts, size, data_hash, flags }) =>
    [index, pts + (delays[index] ?? 0), size, data_hash, flags.startsWith('K')].join(),
  );
  return [...tracks, ...packets];
}

type Probed = {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly extradata_hash?: string;
    readonly time_base: string;
    readonly width?: number;
    readonly height?: number;
    readonly sample_rate?: string;
    readonly channels?: number;
    /** Samples of CodecDelay. */
    readonly initial_padding?: number;
  }[];
  readonly packets: readonly {
    readonly stream_index: number;
    readonly pts: number;
    readonly size: string;
    readonly data_hash: string;
    readonly flags: string;
  }[];
};

const SOURCES: Record<string, readonly string[]> = {
  'ffmpeg, known sizes, B-frames, AAC beside': ['-f', 'matroska'],
  'ffmpeg, live, unknown sizes': ['-f', 'matroska', '-live', '1'],
  'ffmpeg, one cluster per frame': ['-f', 'matroska', '-cluster_time_limit', '1'],
  'ffmpeg, CRC-32 and reserved space': [
    '-f',
    'matroska',
    '-write_crc32',
    '1',
    '-reserve_index_space',
    '5000',
  ],
};

for (const [name, output] of Object.entries(SOURCES)) {
  test(
    `${name}: read and written anew, every packet is the same`,
    needs('ffmpeg', 'ffprobe'),
    (t) => {
      const dir = tempDir(t);
      const [source, copy] = [join(dir, 'in.mkv'), join(dir, 'out.mkv')];
      ffmpeg(
        ...['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=3', '-f', 'lavfi', '-i', 'sine=d=3'],
        ...['-c:v', 'libx264', '-bf', '3', '-g', '25', '-c:a', 'aac', '-ac', '2'],
        ...output,
        source,
      );
      for (const chunkBytes of [1000, 1 << 20]) {
        writeFileSync(copy, remux(readFileSync(source), chunkBytes));
        assert.deepEqual(contents(copy), contents(source));
      }
    },
  );
}

test('GStreamer’s matroskamux, streamable and not, is read whole', needs('gst-launch-1.0'), (t) => {
  const dir = tempDir(t);
  for (const streamable of [true, false]) {
    const source = join(dir, `${streamable}.mkv`);
    run(
      'gst-launch-1.0',
      `videotestsrc num-buffers=50 ! x264enc ! matroskamux streamable=${streamable} ! filesink location=${source}`.split(
        ' ',
      ),
    );
    const copy = join(dir, 'copy.mkv');
    writeFileSync(copy, remux(readFileSync(source), 4096));
    assert.deepEqual(contents(copy), contents(source));
  }
});
