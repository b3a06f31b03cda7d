// Sends an H.264 file to a Kinesis video stream, without GStreamer.
//
//   node dist/examples/send-h264.js <stream name> <file.h264> [frames per second]
//
// The file is a byte stream (Annex B), as `ffmpeg -i film.mp4 -c copy -bsf h264_mp4toannexb x.h264`
// makes it. Region, credentials and endpoint come from where the AWS tools look for them; to send to
// a local service: CONTROL_PLANE_URI=http://127.0.0.1:<port>.
import { readFileSync } from 'node:fs';
import { KinesisVideoProducer, KvsError } from '../src/index.ts';

const NS_PER_S = 1_000_000_000n;

/** NAL unit types (H.264, table 7-1) that begin an access unit when slices came before them. */
const PREFIX_TYPES = new Set([6, 7, 8, 9]);
const SLICE = 1;
const IDR_SLICE = 5;

type AccessUnit = { data: Uint8Array; isKeyFrame: boolean };

/** Offsets of the start codes in a byte stream. */
function* startCodes(bytes: Uint8Array): Generator<{ at: number; nalAt: number }> {
  for (let i = 0; i + 3 < bytes.length; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    yield { at: i > 0 && bytes[i - 1] === 0 ? i - 1 : i, nalAt: i + 3 };
    i += 3;
  }
}

/** The access units (frames) of a byte stream: H.264, 7.4.1.2.3, for streams of frames. */
function* accessUnits(bytes: Uint8Array): Generator<AccessUnit> {
  let start = 0;
  let hasSlice = false;
  let isKeyFrame = false;
  for (const { at, nalAt } of startCodes(bytes)) {
    const type = (bytes[nalAt] ?? 0) & 0x1f;
    const isSlice = type >= SLICE && type <= IDR_SLICE;
    // first_mb_in_slice is 0: its Exp-Golomb code is the single bit 1.
    const isFirstSlice = isSlice && ((bytes[nalAt + 1] ?? 0) & 0x80) !== 0;
    if (hasSlice && (isFirstSlice || PREFIX_TYPES.has(type))) {
      yield { data: bytes.subarray(start, at), isKeyFrame };
      start = at;
      hasSlice = false;
      isKeyFrame = false;
    }
    hasSlice ||= isSlice;
    isKeyFrame ||= type === IDR_SLICE;
  }
  if (hasSlice) yield { data: bytes.subarray(start), isKeyFrame };
}

async function main([streamName, file, fps = '25']: string[]): Promise<number> {
  if (streamName === undefined || file === undefined) {
    console.error('usage: send-h264 <stream name> <file.h264> [frames per second]');
    return 2;
  }
  const intervalNs = BigInt(Math.round(1e9 / Number(fps)));
  const producer = new KinesisVideoProducer();
  // Offline: a file waits for the network, so that nothing of it is dropped.
  const stream = producer.createStream({ streamName, streamingType: 'offline' });
  stream.on('streamError', ({ error, fatal }) => {
    console.error(`${fatal ? 'fatal' : 'will be tried again'}: ${error.describe()}`);
  });
  stream.setTrackFormat(1, { kind: 'video', mediaType: 'video/h264', streamFormat: 'byte-stream' });
  let ptsNs = BigInt(Math.floor(Date.now() / 1000)) * NS_PER_S;
  let frames = 0;
  for (const { data, isKeyFrame } of accessUnits(readFileSync(file))) {
    await stream.putFrame({
      trackId: 1,
      ptsNs,
      dtsNs: ptsNs,
      durationNs: intervalNs,
      isKeyFrame,
      data,
    });
    ptsNs += intervalNs;
    frames += 1;
  }
  await stream.stop();
  const { persistedAcks, transferredBytes } = stream.metrics();
  console.log(
    `${frames} frames, ${persistedAcks} fragments persisted, ${transferredBytes} bytes sent`,
  );
  producer.close();
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof KvsError ? error.describe() : error);
  process.exitCode = 1;
}
