// Writes a JPEG of each minute of a stream, named by its time; ffmpeg or GStreamer decodes:
//
//   npm start STREAM FOLDER [HOURS [SECONDS]]
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImages, KinesisVideoConsumer } from 'kvs-launch/consumer';

const MS_PER_HOUR = 3_600_000;

const [streamName, folder, hours = '1', seconds = '60'] = process.argv.slice(2);
if (streamName === undefined || folder === undefined) {
  console.error('usage: npm start STREAM FOLDER [HOURS [SECONDS]]');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const consumer = new KinesisVideoConsumer({ streamName });
const to = new Date();
const from = new Date(to.getTime() - Number(hours) * MS_PER_HOUR);
const fragments = consumer.archive({ from, to, by: 'server' });
for await (const image of decodeImages(fragments, { everyMs: Number(seconds) * 1000 })) {
  const name = `${image.time.toISOString().replaceAll(':', '-')}.jpg`;
  await writeFile(join(folder, name), image.data);
  console.log(name);
}
consumer.close();
