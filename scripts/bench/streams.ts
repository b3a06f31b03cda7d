// Many streams in one producer: CPU and memory per stream, and whether anything was dropped.
//   npm run build:ts && node dist/scripts/bench/streams.js [streams 100] [seconds 20]
// Each has 30 frames a second of 2 kB (about half a megabit per second), and a sink in place of the network.
import { readFileSync } from 'node:fs';
import type { Frame } from '../../src/producer/info/frame.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import type { KinesisVideoStream } from '../../src/producer/stream.ts';
import { sinkUploader } from './lib/sink-uploader.ts';

const FPS = 30;
const FRAME_BYTES = 2_000;
const GOP = 60;
const NS_PER_FRAME = BigInt(Math.round(1e9 / FPS));
const START = Buffer.from('00000001', 'hex');
const PARAMETER_SETS = Buffer.from('000000016742c01ed900a047fec80000000168ce3c80', 'hex');

function accessUnit(isKeyFrame: boolean): Buffer {
  const slice = Buffer.alloc(FRAME_BYTES, 0xaa);
  slice[0] = isKeyFrame ? 0x65 : 0x41;
  slice[1] = 0x88;
  return Buffer.concat(isKeyFrame ? [PARAMETER_SETS, START, slice] : [START, slice]);
}

/** Resident memory that is not shared, in KiB. */
function memoryKib(): number {
  const rollup = readFileSync('/proc/self/smaps_rollup', 'latin1');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]);
}

const count = Number(process.argv[2] ?? 100);
const seconds = Number(process.argv[3] ?? 20);
const keyUnit = accessUnit(true);
const deltaUnit = accessUnit(false);

const emptyKib = memoryKib();
const producer = new KinesisVideoProducer({
  deviceInfo: { streamCount: count, storageInfo: { storageSize: 512 * 1024 * 1024 } },
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  region: 'us-west-2',
  createUploader: (_settings, dependencies) => sinkUploader(dependencies),
});
const streams: KinesisVideoStream[] = [];
for (let i = 0; i < count; i++) {
  const stream = producer.createStream({ streamName: `bench-${i}` });
  stream.setTrackFormat(1, { kind: 'video', mediaType: 'video/h264', streamFormat: 'byte-stream' });
  streams.push(stream);
}
await Promise.all(streams.map((stream) => stream.ready()));

const startNs = BigInt(Date.now()) * 1_000_000n;
const startMs = performance.now();
const cpu = process.cpuUsage();
let frames = 0;
let peakKib = 0;
let worstLateMs = 0;
await new Promise<void>((resolve) => {
  const tick = (): void => {
    const elapsedMs = performance.now() - startMs;
    // Every stream's frame of this moment; the streams do not all deliver in the same instant.
    while (frames < Math.min(elapsedMs, seconds * 1000) * (FPS / 1000) * count) {
      const index = Math.floor(frames / count);
      const stream = streams[frames % count] as KinesisVideoStream;
      const ptsNs = startNs + BigInt(index) * NS_PER_FRAME;
      const isKeyFrame = index % GOP === 0;
      const data = isKeyFrame ? keyUnit : deltaUnit;
      const frame: Frame = { trackId: 1, ptsNs, dtsNs: ptsNs, durationNs: 0n, isKeyFrame, data };
      stream.putFrame(frame);
      frames += 1;
    }
    worstLateMs = Math.max(worstLateMs, performance.now() - startMs - elapsedMs);
    if (elapsedMs >= seconds * 1000) resolve();
    else setTimeout(tick, 5);
  };
  const watch = setInterval(() => {
    peakKib = Math.max(peakKib, memoryKib());
  }, 500);
  watch.unref();
  tick();
});
const used = process.cpuUsage(cpu);
const cpuPercent = ((used.user + used.system) / 1000 / (performance.now() - startMs)) * 100;
const dropped = streams.reduce(
  (sum, s) => sum + s.metrics().droppedFrames + s.metrics().skippedFrames,
  0,
);
const stored = streams.reduce((sum, s) => sum + s.metrics().storedFrames, 0);
await producer.stop();
const persisted = streams.reduce((sum, s) => sum + s.metrics().persistedAcks, 0);

console.log(`streams                 ${count}`);
console.log(`frames put, stored      ${frames}, ${stored}`);
console.log(`dropped or skipped      ${dropped}`);
console.log(`fragments persisted     ${persisted}`);
console.log(
  `CPU                     ${cpuPercent.toFixed(1)} % of a core, ${(cpuPercent / count).toFixed(3)} % a stream`,
);
console.log(
  `memory (PSS)            ${(peakKib / 1024).toFixed(0)} MiB at most, ${((peakKib - emptyKib) / count).toFixed(0)} KiB a stream`,
);
console.log(`longest turn            ${worstLateMs.toFixed(1)} ms`);
process.exitCode = dropped === 0 && stored === frames ? 0 : 1;
