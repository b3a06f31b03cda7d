// Writes a JPEG of each fragment of a stream, named by its time, with ffmpeg as the decoder:
//
//   npm start STREAM FOLDER [HOURS]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AnnexB, KinesisVideoConsumer } from 'kvs-launch/consumer';

const MS_PER_HOUR = 3_600_000;
/** @type {Record<string, string>} */
const FFMPEG_FORMATS = { 'V_MPEG4/ISO/AVC': 'h264', 'V_MPEGH/ISO/HEVC': 'hevc' };

/** @param {string} format @param {Uint8Array} picture @param {string} path */
async function writeJpeg(format, picture, path) {
  const args = ['-v', 'error', '-f', format, '-i', '-', '-frames:v', '1', '-y', path];
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['pipe', 'inherit', 'inherit'] });
  ffmpeg.stdin.on('error', () => {}); // Its exit code says more.
  ffmpeg.stdin.end(picture);
  const [code] = await once(ffmpeg, 'close');
  if (code !== 0) throw new Error(`ffmpeg ended with exit code ${code}`);
}

const [streamName, folder, hours = '1'] = process.argv.slice(2);
if (streamName === undefined || folder === undefined) {
  console.error('usage: npm start STREAM FOLDER [HOURS]');
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const consumer = new KinesisVideoConsumer({ streamName });
const to = new Date();
const from = new Date(to.getTime() - Number(hours) * MS_PER_HOUR);
for await (const { tracks, frames, producerTimestamp } of consumer.archive({
  from,
  to,
  by: 'server',
})) {
  const video = tracks.find(({ codecId }) => codecId in FFMPEG_FORMATS);
  const picture = frames.find(
    ({ trackNumber, isKeyFrame }) => trackNumber === video?.number && isKeyFrame,
  );
  if (video === undefined || picture === undefined || producerTimestamp === undefined) continue;
  const name = `${producerTimestamp.toISOString().replaceAll(':', '-')}.jpg`;
  const format = FFMPEG_FORMATS[video.codecId] ?? '';
  await writeJpeg(format, new AnnexB(video).frame(picture), join(folder, name));
  console.log(name);
}
consumer.close();
