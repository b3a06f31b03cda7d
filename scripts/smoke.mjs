// Sends frames through the local service and reads them back, on any system, from a build.
//   node scripts/smoke.mjs              by the producer's and the consumer's API
//   node scripts/smoke.mjs --pipeline   also by kvssink, in kvs-launch and in gst-launch-1.0
//   node scripts/smoke.mjs … FOLDER     with the package that is installed in node_modules of FOLDER
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, root } from './lib/run.mjs';

const folder = process.argv.slice(2).find((word) => !word.startsWith('-'));
const tried = folder === undefined ? root : resolve(folder, 'node_modules', 'kvs-launch');
const COMMAND = join(tried, 'bin', 'kvs-launch.js');
const FRAMES = 20;
const FRAME_NS = 100_000_000n;

/** A tenth of a second of silence, in G.711. */
const SILENCE = Buffer.alloc(800, 0xff);

/** Starts `kvs-launch local`, and takes over the variables that it prints. */
async function startService(data) {
  const service = spawn(process.execPath, [COMMAND, 'local', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of service.stdout) {
    printed += chunk;
    if (/AWS_SECRET_ACCESS_KEY.*\n/.test(printed)) break;
  }
  // sh's form, and PowerShell's.
  for (const [, name, value] of printed.matchAll(/(?:export |\$env:)(\w+)\s?=\s?'?([^'\s]+)/g)) {
    process.env[name] = value;
  }
  process.env.AWS_DEFAULT_REGION = 'us-west-2';
  return service;
}

function load(name) {
  return import(pathToFileURL(join(tried, 'dist', 'bundle', `${name}.js`)).href);
}

async function send(streamName) {
  const { KinesisVideoProducer } = await load('index');
  const producer = new KinesisVideoProducer();
  const stream = producer.createStream({ streamName, streamingType: 'offline' });
  stream.setTrackFormat(1, {
    kind: 'audio',
    mediaType: 'audio/x-mulaw',
    rateHz: 8000,
    channels: 1,
  });
  const startNs = BigInt(Date.now()) * 1_000_000n;
  for (let index = 0; index < FRAMES; index += 1) {
    const ptsNs = startNs + BigInt(index) * FRAME_NS;
    const times = { ptsNs, dtsNs: undefined, durationNs: FRAME_NS };
    await stream.putFrame({ trackId: 1, ...times, isKeyFrame: true, data: SILENCE });
  }
  await stream.stop();
  await producer.stop();
}

async function framesOf(streamName) {
  const { KinesisVideoConsumer } = await load('consumer');
  const consumer = new KinesisVideoConsumer({ streamName });
  let frames = 0;
  const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  for await (const fragment of consumer.archive(range)) frames += fragment.frames.length;
  consumer.close();
  return frames;
}

async function expectFrames(streamName, wanted) {
  const frames = await framesOf(streamName);
  if (frames !== wanted) fail(`${streamName}: ${frames} of ${wanted} frames came back.`);
  console.log(`${streamName}: ${frames} frames sent, stored and read back`);
}

function runPipeline(program, args, streamName, env = {}) {
  const picture = 'video/x-raw,width=320,height=240,framerate=25/1';
  const pipeline = `videotestsrc num-buffers=50 ! ${picture} ! x264enc key-int-max=25 ! h264parse ! kvssink stream-name=${streamName}`;
  const { status } = spawnSync(program, [...args, ...pipeline.split(' ')], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`${program} ended with exit code ${status}.`);
}

const data = mkdtempSync(join(tmpdir(), 'kvs-smoke-'));
const service = await startService(data);
process.on('exit', () => service.kill());
await send('api');
await expectFrames('api', FRAMES);
if (process.argv.includes('--pipeline')) {
  runPipeline(process.execPath, [COMMAND], 'kvs-launch');
  await expectFrames('kvs-launch', 50);
  const printed = spawnSync(process.execPath, [COMMAND, '--plugin-path'], { encoding: 'utf8' });
  const GST_PLUGIN_PATH = [printed.stdout.trim(), process.env.GST_PLUGIN_PATH ?? '']
    .filter((path) => path !== '')
    .join(delimiter);
  runPipeline('gst-launch-1.0', [], 'gst-launch', { GST_PLUGIN_PATH });
  await expectFrames('gst-launch', 50);
}
service.kill();
if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
rmSync(data, { recursive: true, force: true });
