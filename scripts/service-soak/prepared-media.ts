import { execFileSync } from 'node:child_process';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { cluster, END_OF_FRAGMENT, open } from '../../test/local/support/matroska.ts';

/** A frame in its SimpleBlock, whose time within its cluster is written when it is sent. */
type PreparedFrame = {
  readonly block: Buffer;
  /** Where in `block` the time stands. */
  readonly timeAt: number;
  /** After the first frame. */
  readonly atMs: number;
  readonly isKeyFrame: boolean;
};

/** Some seconds of real video, to be sent again and again. */
export type PreparedMedia = {
  /** EBML header, Segment, Info and Tracks. */
  readonly head: Buffer;
  /** Each group of pictures begins a fragment. */
  readonly frames: readonly PreparedFrame[];
  readonly durationMs: number;
};

/** A piece of a PutMedia body, and when a camera would send it. */
export type Piece = {
  readonly bytes: Buffer;
  readonly atMs: number;
  /** Timecode of the fragment that begins here. */
  readonly begins?: number;
  /** Timecode of the fragment that is over with this. */
  readonly ends?: number;
};

const FRAMES_PER_SECOND = 15;

/** Encodes noisy video at a constant bit rate, with a key frame every `gopSeconds`. */
export function prepareMedia(
  bitsPerSecond: number,
  seconds: number,
  gopSeconds = 1,
): PreparedMedia {
  const gop = gopSeconds * FRAMES_PER_SECOND;
  const size = bitsPerSecond > 2_000_000 ? '1280x720' : '640x360';
  const source = `testsrc2=size=${size}:rate=${FRAMES_PER_SECOND}:duration=${seconds}`;
  const document = execFileSync(
    'ffmpeg',
    (
      `-v error -nostdin -f lavfi -i ${source},noise=alls=40:allf=t -c:v libx264 ` +
      `-preset ultrafast -pix_fmt yuv420p -threads 1 -g ${gop} -keyint_min ${gop} ` +
      `-sc_threshold 0 -bf 0 -b:v ${bitsPerSecond} -minrate ${bitsPerSecond} ` +
      `-maxrate ${bitsPerSecond} -bufsize ${bitsPerSecond} -x264-params nal-hrd=cbr ` +
      '-flags +global_header -f matroska -'
    ).split(' '),
    { maxBuffer: 1024 * 1024 * 1024 },
  );
  const head: Buffer[] = [];
  const frames: PreparedFrame[] = [];
  let clusterMs = 0;
  const reader = new MatroskaReader({
    ebmlHeader: (raw) => head.push(Buffer.from(raw), open('18538067')),
    info: (_info, raw) => head.push(Buffer.from(raw)),
    tracks: (_tracks, raw) => head.push(Buffer.from(raw)),
    clusterStart: (timecode) => {
      clusterMs = Number(timecode);
    },
    block: ({ relativeTimecode, isKeyFrame, data }, raw) => {
      frames.push({
        block: Buffer.from(raw),
        timeAt: raw.byteLength - data.byteLength - 3,
        atMs: clusterMs + relativeTimecode,
        isKeyFrame,
      });
    },
  });
  reader.push(document);
  reader.end();
  return { head: Buffer.concat(head), frames, durationMs: seconds * 1000 };
}

/** A PutMedia body of so many fragments, with timecodes from `startMs` on, as a camera makes it. */
export function* bodyOf(
  media: PreparedMedia,
  startMs: number,
  fragments: number,
): Generator<Piece> {
  yield { bytes: media.head, atMs: 0 };
  let begun = 0;
  let timecode = Number.NaN;
  for (let roundMs = 0; ; roundMs += media.durationMs) {
    for (const frame of media.frames) {
      const atMs = roundMs + frame.atMs;
      const block = Buffer.from(frame.block);
      if (!frame.isKeyFrame) {
        block.writeInt16BE(startMs + atMs - timecode, frame.timeAt);
        yield { bytes: block, atMs };
        continue;
      }
      const ends = timecode;
      if (begun === fragments) {
        yield { bytes: END_OF_FRAGMENT, atMs, ends };
        return;
      }
      begun += 1;
      timecode = startMs + atMs;
      block.writeInt16BE(0, frame.timeAt);
      yield { bytes: Buffer.concat([cluster(timecode), block]), atMs, begins: timecode, ends };
    }
  }
}
