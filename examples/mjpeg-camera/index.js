// Sends an M-JPEG camera to a Kinesis video stream, until Ctrl-C or until the camera ends:
//
//   npm start STREAM http://camera/video.mjpg
//   v4l2-ctl --set-fmt-video=pixelformat=MJPG --stream-mmap --stream-to=- | npm start STREAM -
import { Readable } from 'node:stream';
import { KinesisVideoProducer } from 'kvs-launch';
import { jpegs } from './jpegs.js';

/** @typedef {import('kvs-launch').MediaSource} MediaSource */

/** @implements {MediaSource} */
class MjpegCamera {
  #url;
  #abort = new AbortController();

  /** @param {string} url or - for standard input */
  constructor(url) {
    this.#url = url;
  }

  /** @param {import('kvs-launch').MediaSink} sink */
  async start(sink) {
    sink.format({ kind: 'video', mediaType: 'image/jpeg' });
    // Each has the time of its arrival.
    for await (const data of jpegs(await this.#open())) sink.frame({ data, isKeyFrame: true });
  }

  async #open() {
    if (this.#url === '-') return process.stdin;
    const { ok, status, body } = await fetch(this.#url, this.#abort);
    if (!ok || body === null) throw new Error(`The camera answers with HTTP ${status}`);
    return Readable.from(body);
  }

  stop() {
    this.#abort.abort();
    process.stdin.destroy();
  }
}

const [streamName, url] = process.argv.slice(2);
if (streamName === undefined || url === undefined) {
  console.error('usage: npm start STREAM URL (or - for standard input)');
  process.exit(2);
}
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
const producer = new KinesisVideoProducer();
// KVS takes five fragments a second; a JPEG is a key frame, and would each begin one.
const stream = producer.createStream({ streamName, keyFrameFragmentation: false });
stream.on('streamError', ({ error }) => console.error(error.describe()));
await stream.putSource(new MjpegCamera(url), interrupt);
await producer.stop();
console.log(`${stream.metrics().storedFrames} frames`);
