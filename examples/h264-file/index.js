// Sends an H.264 file to a Kinesis video stream, without GStreamer:
//
//   npm start STREAM FILE.h264 [FRAMES PER SECOND]
//
// The file is a byte stream (Annex B), as `ffmpeg -i film.mp4 -c copy -bsf h264_mp4toannexb x.h264`
// makes it.
import { readFile } from 'node:fs/promises';
import { KinesisVideoProducer } from 'kvs-launch';
import { accessUnits } from './access-units.js';

/** @typedef {import('kvs-launch').MediaSource} MediaSource */

/** @implements {MediaSource} */
class H264File {
  #path;
  #intervalNs;
  #isStopped = false;

  /** @param {string} path @param {number} framesPerSecond */
  constructor(path, framesPerSecond) {
    this.#path = path;
    this.#intervalNs = BigInt(Math.round(1e9 / framesPerSecond));
  }

  /** @param {import('kvs-launch').MediaSink} sink */
  async start(sink) {
    sink.format({ kind: 'video', mediaType: 'video/h264', streamFormat: 'byte-stream' });
    let ptsNs = BigInt(Date.now()) * 1_000_000n;
    for (const data of accessUnits(await readFile(this.#path))) {
      if (this.#isStopped) return;
      await sink.frame({ data, ptsNs, dtsNs: ptsNs, durationNs: this.#intervalNs });
      ptsNs += this.#intervalNs;
    }
  }

  stop() {
    this.#isStopped = true;
  }
}

const [streamName, file, framesPerSecond = '25'] = process.argv.slice(2);
if (streamName === undefined || file === undefined) {
  console.error('usage: npm start STREAM FILE.h264 [FRAMES PER SECOND]');
  process.exit(2);
}
const producer = new KinesisVideoProducer();
// Offline: a file waits for the network, so that nothing of it is dropped.
const stream = producer.createStream({ streamName, streamingType: 'offline' });
stream.on('streamError', ({ error }) => console.error(error.describe()));
await stream.putSource(new H264File(file, Number(framesPerSecond)));
await producer.stop();
const { storedFrames, persistedAcks } = stream.metrics();
console.log(`${storedFrames} frames, ${persistedAcks} fragments persisted`);
