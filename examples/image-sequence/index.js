// Sends a folder of numbered files as a video, in real time: JPEGs, or files with one frame of
// H.264 (Annex B) each, as ImageFileMediaSource of the Java producer library does.
//
//   npm start STREAM FOLDER [FRAMES PER SECOND [ROUNDS]]
//
// It begins again at the end, until Ctrl-C or for so many rounds.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { KinesisVideoProducer } from 'kvs-launch';

/** @type {Record<string, import('kvs-launch').TrackDescription>} */
const FORMATS = {
  jpg: { kind: 'video', mediaType: 'image/jpeg' },
  h264: { kind: 'video', mediaType: 'video/h264', streamFormat: 'byte-stream' },
};

/** @typedef {import('kvs-launch').MediaSource} MediaSource */

/** @implements {MediaSource} */
class ImageSequence {
  #folder;
  #intervalMs;
  #rounds;
  #abort = new AbortController();

  /** @param {string} folder @param {number} framesPerSecond @param {number} rounds */
  constructor(folder, framesPerSecond, rounds) {
    this.#folder = folder;
    this.#intervalMs = 1000 / framesPerSecond;
    this.#rounds = rounds;
  }

  /** @param {import('kvs-launch').MediaSink} sink */
  async start(sink) {
    const files = (await readdir(this.#folder)).filter((name) => /\.(jpg|h264)$/.test(name)).sort();
    const [first = ''] = files;
    const extension = first.split('.').at(-1) ?? '';
    const format = FORMATS[extension];
    if (format === undefined) throw new Error(`${this.#folder} has no .jpg and no .h264`);
    sink.format(format);
    let left = files.length * this.#rounds;
    for await (const _ of setInterval(this.#intervalMs, undefined, this.#abort)) {
      const name = files.shift() ?? '';
      files.push(name);
      // A JPEG stands alone; what H.264 says of itself is seen in its bytes.
      sink.frame({
        data: await readFile(join(this.#folder, name)),
        isKeyFrame: extension === 'jpg',
      });
      if (--left <= 0) return;
    }
  }

  stop() {
    this.#abort.abort();
  }
}

const [streamName, folder, framesPerSecond = '25', rounds = 'Infinity'] = process.argv.slice(2);
if (streamName === undefined || folder === undefined) {
  console.error('usage: npm start STREAM FOLDER [FRAMES PER SECOND [ROUNDS]]');
  process.exit(2);
}
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
const producer = new KinesisVideoProducer();
// KVS takes five fragments a second: of JPEGs, each a key frame, a fragment has two seconds.
const stream = producer.createStream({ streamName, keyFrameFragmentation: false });
stream.on('streamError', ({ error }) => console.error(error.describe()));
const source = new ImageSequence(folder, Number(framesPerSecond), Number(rounds));
await stream.putSource(source, interrupt);
await producer.stop();
console.log(`${stream.metrics().storedFrames} frames`);
