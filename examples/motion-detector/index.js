// Decodes a stream as it is produced and reports motion, a line of JSON for each frame that has any:
//
//   npm start STREAM [SHARE OF THE PICTURE, 0 … 1]
//
// `changedShare` is where a model goes: it gets pictures of 160x90 grey pixels, with their times.
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { AnnexB, KinesisVideoConsumer } from 'kvs-launch/consumer';

const WIDTH = 160;
const HEIGHT = 90;
/** A pixel that differs by less has only noise. */
const NOISE = 24;

/**
 * The pictures of a fragment, in the order in which they are shown.
 * @param {Uint8Array[]} frames H.264, Annex B, in decoding order
 */
async function decode(frames) {
  const scale = ['-vf', `scale=${WIDTH}:${HEIGHT}`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const args = ['-v', 'error', '-f', 'h264', '-i', '-', '-fps_mode', 'passthrough', ...scale];
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  ffmpeg.stdin.on('error', () => {}); // What it could not decode is missing in its output.
  ffmpeg.stdin.end(Buffer.concat(frames));
  const pixels = await buffer(ffmpeg.stdout);
  const size = WIDTH * HEIGHT;
  return Array.from({ length: pixels.length / size }, (_, i) =>
    pixels.subarray(i * size, (i + 1) * size),
  );
}

/** @param {Uint8Array} before @param {Uint8Array} now */
function changedShare(before, now) {
  const changed = now.filter((pixel, i) => Math.abs(pixel - (before[i] ?? 0)) >= NOISE);
  return changed.length / now.length;
}

const [streamName, share = '0.01'] = process.argv.slice(2);
if (streamName === undefined) {
  console.error('usage: npm start STREAM [SHARE OF THE PICTURE, 0 … 1]');
  process.exit(2);
}
const consumer = new KinesisVideoConsumer({ streamName });
/** @type {Uint8Array | undefined} */
let before;
for await (const { tracks, frames } of consumer.media({ start: 'earliest' })) {
  const video = tracks.find(({ codecId }) => codecId === 'V_MPEG4/ISO/AVC');
  if (video === undefined) continue;
  const annexB = new AnnexB(video);
  const own = frames.filter(({ trackNumber }) => trackNumber === video.number);
  const timesMs = own.map(({ ptsNs }) => Number(ptsNs / 1_000_000n)).sort((a, b) => a - b);
  const pictures = await decode(own.map((frame) => annexB.frame(frame)));
  for (const [index, picture] of pictures.entries()) {
    const changed = before === undefined ? 0 : changedShare(before, picture);
    before = picture;
    if (changed < Number(share)) continue;
    const time = new Date(timesMs[index] ?? 0).toISOString();
    console.log(JSON.stringify({ time, changed: Number(changed.toFixed(3)) }));
  }
}
