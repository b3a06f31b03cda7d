// The consumer for a day of stream time and more, against a service in this process whose
// connections break at random places. Prints once an hour of stream time what it has and takes, and
// fails when a fragment is missing, doubled or out of order, or when memory grows.
//   node dist/scripts/consumer-soak.js [--hours 24] [--disconnections 1000] [--pause 0] [--seed n]
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KinesisVideoConsumer } from '../src/consumer/consumer.ts';
import { FaultyMedia } from '../test/consumer/support/faulty-media.ts';
import { FRAGMENT_SECONDS, framesOf, numberOf } from '../test/consumer/support/media-chunks.ts';
import { serveMedia } from '../test/consumer/support/media-server.ts';
import { memoryBytes } from '../test/storage/heap.ts';

const MAX_GROWTH_BYTES = 4 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    disconnections: { type: 'string', default: '1000' },
    /** Between two fragments, ms: with what is to be sent, a slow reader. */
    pause: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const perHour = 3_600 / FRAGMENT_SECONDS;
const fragments = Math.round(Number(values.hours) * perHour);
const pauseMs = Number(values.pause);
process.stdout.write(`seed ${values.seed}, ${fragments} fragments\n`);

const media = new FaultyMedia(fragments, Number(values.disconnections), Number(values.seed));
const server = await serveMedia((call, response) => media.handle(call, response));
const consumer = new KinesisVideoConsumer({
  streamName: 'camera',
  endpoint: server.endpoint,
  region: 'us-west-2',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  env: { AWS_EC2_METADATA_DISABLED: 'true' },
});
let reconnects = 0;
function onReconnect(): void {
  reconnects += 1;
}
const samples: number[] = [];
let index = 0;
for await (const { number, frames } of consumer.media({ start: 'earliest', onReconnect })) {
  const expected = framesOf(index);
  if (
    number !== numberOf(index) ||
    frames.length !== expected.length ||
    !frames.every(({ data }, i) => expected[i]?.equals(data))
  ) {
    throw new Error(`fragment ${number} came in place of ${numberOf(index)}`);
  }
  index += 1;
  if (pauseMs > 0) await pause(pauseMs);
  if (index % perHour === 0) {
    samples.push(memoryBytes());
    const megabytes = ((samples.at(-1) ?? 0) / 1e6).toFixed(1);
    const rss = (process.memoryUsage.rss() / 1e6).toFixed(0);
    process.stdout.write(
      `${index / perHour} h, ${reconnects} reconnections, ${megabytes} MB used, ${rss} MB resident\n`,
    );
  }
  if (index === fragments) break;
}
consumer.close();
server.close();
const growth = (samples.at(-1) ?? 0) - (samples[Math.floor(samples.length / 8)] ?? 0);
if (growth > MAX_GROWTH_BYTES) throw new Error(`the memory grew by ${growth} bytes`);
process.stdout.write(`${index} fragments, each once and in order\n`);
