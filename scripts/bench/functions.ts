// How many functions a delta frame goes through in the host: from the element's message to the store
// and its reader, counted by V8's precise coverage.
//   npm run build:ts && node dist/scripts/bench/functions.js [--list]
import { Session } from 'node:inspector/promises';
import { ElementRegistry } from '../../src/host/element-registry.ts';
import { streamOpener } from '../../src/host/stream/open-stream.ts';
import { monotonicClock } from '../../src/host/times/monotonic.ts';
import { ElementReader } from '../../src/host/wire/element-reader.ts';
import { ELEMENT_HEADER_BYTES, ElementMessage, FrameFlag } from '../../src/host/wire/wire.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { sinkUploader } from './lib/sink-uploader.ts';

const NS_PER_FRAME = 33_333_333n;
const PARAMETER_SETS = '000000016742c01ed900a047fec80000000168ce3c80';
const KEY_FRAME = Buffer.from(`${PARAMETER_SETS}000000016588${'aa'.repeat(2_000)}`, 'hex');
/** A P slice that others refer to, with the same frame_num as the slice of the key frame. */
const DELTA_FRAME = Buffer.from(`00000001419aa010${'aa'.repeat(2_000)}`, 'hex');
const WARM_UP_FRAMES = 55;

function message(type: number, payload: Buffer, flags = 0, ptsNs = 0n): Buffer {
  const header = Buffer.alloc(ELEMENT_HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt8(type, 4);
  header.writeUInt8(1, 5);
  header.writeUInt16LE(flags, 6);
  header.writeBigUInt64LE(ptsNs, 8);
  header.writeBigUInt64LE(ptsNs, 16);
  header.writeBigUInt64LE(NS_PER_FRAME, 24);
  header.writeBigUInt64LE(process.hrtime.bigint(), 32);
  header.writeUInt32LE(1, 44);
  return Buffer.concat([header, payload]);
}

function json(type: number, value: unknown): Buffer {
  return message(type, Buffer.from(JSON.stringify(value)));
}

function frame(index: number): Buffer {
  const isKeyFrame = index === 0;
  const data = isKeyFrame ? KEY_FRAME : DELTA_FRAME;
  const flags = isKeyFrame ? FrameFlag.keyFrame : 0;
  return message(ElementMessage.frame, data, flags, BigInt(index) * NS_PER_FRAME);
}

const env = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none', AWS_REGION: 'us-west-2' };
const registry = new ElementRegistry(
  {
    clock: systemClock,
    monotonic: monotonicClock(systemClock),
    openStream: streamOpener(env, systemClock, {}, undefined, {
      createUploader: (_settings, dependencies) => sinkUploader(dependencies),
    }),
  },
  () => {},
);
const reader = new ElementReader((view) => registry.push(view));
const properties = { 'stream-name': 'bench', 'storage-size': 128 };
const pads = [{ track: 1, kind: 'video', pad: 'video_0' }];
const fields = { 'stream-format': 'byte-stream', alignment: 'au' };
reader.push(json(ElementMessage.open, { element: 'kvssink0', properties, pads }));
reader.push(json(ElementMessage.caps, { name: 'video/x-h264', fields }));
reader.push(json(ElementMessage.source, { live: true, runsAhead: false }));
await new Promise((resolve) => setTimeout(resolve, 100));
for (let i = 0; i < WARM_UP_FRAMES; i += 1) reader.push(frame(i));

const next = frame(WARM_UP_FRAMES);
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await session.post('Profiler.takePreciseCoverage');
reader.push(next);
const { result } = await session.post('Profiler.takePreciseCoverage');
const entered = result
  .filter(({ url }) => url.includes('/dist/src/'))
  .flatMap(({ url, functions }) =>
    functions.map(({ functionName, ranges }) => ({
      name: `${url.slice(url.indexOf('/dist/src/') + 10)} ${functionName}`,
      calls: ranges[0]?.count ?? 0,
    })),
  )
  .filter(({ calls }) => calls > 0);
if (process.argv.includes('--list')) {
  for (const { name, calls } of entered) console.log(`${String(calls).padStart(3)} ${name}`);
}
const calls = entered.reduce((sum, one) => sum + one.calls, 0);
console.log(`functions entered for one delta frame: ${entered.length}, calls: ${calls}`);
process.exit(0);
