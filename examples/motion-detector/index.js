// Decodes a stream as it is produced and reports motion, a line of JSON for each frame that has any:
//
//   npm start STREAM [SHARE OF THE PICTURE, 0 … 1]
//
// `changedShare` is where a model goes: it gets pictures of 160x90 grey pixels, with their times.
import { decodeImages, KinesisVideoConsumer } from 'kvs-launch/consumer';

/** A pixel that differs by less has only noise. */
const NOISE = 24;

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
const fragments = consumer.media({ start: 'earliest' });
/** @type {Uint8Array | undefined} */
let before;
for await (const { time, data } of decodeImages(fragments, {
  format: 'gray',
  size: { width: 160, height: 90 },
})) {
  const changed = before === undefined ? 0 : changedShare(before, data);
  before = data;
  if (changed < Number(share)) continue;
  console.log(JSON.stringify({ time, changed: Number(changed.toFixed(3)) }));
}
