import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listFragments } from '../../support/list-fragments.ts';
import { call, createStream } from '../support/client.ts';
import { putDocument } from '../support/put-media.ts';
import { startService, temporaryFolder } from '../support/service.ts';
import { ffprobe, ffprobeChunks, isInstalled } from '../support/tools.ts';

const SECONDS = 6;
const FRAMES = 25 * SECONDS;

function run(program: string, args: string): void {
  execFileSync(program, args.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Of each number of B frames, encoded once. */
const sources = new Map<number, Buffer>();

/** Six seconds of H.264 and AAC, as MP4; every muxer of these tests takes it from there. */
function source(folder: string, bFrames = 0): string {
  const file = join(folder, 'source.mp4');
  const known = sources.get(bFrames);
  if (known !== undefined) {
    writeFileSync(file, known);
    return file;
  }
  run(
    'ffmpeg',
    `-v error -f lavfi -i testsrc2=size=160x120:rate=25:duration=${SECONDS} -f lavfi ` +
      `-i sine=frequency=440:sample_rate=48000:duration=${SECONDS} -c:v libx264 -preset ultrafast ` +
      `-threads 1 -pix_fmt yuv420p -g 50 -sc_threshold 0 -bf ${bFrames} -c:a aac -ac 2 ` +
      `-metadata title=six -metadata comment=seconds ${file}`,
  );
  sources.set(bFrames, readFileSync(file));
  return file;
}

/** Sends a file, and returns what is stored of it: video and audio frames. */
async function stored(t: TestContext, file: string): Promise<{ video: number; audio: number }> {
  const { url, streams } = await startService(t);
  await createStream(url, 'demo');
  const acks = await putDocument(url, 'demo', readFileSync(file));
  assert.deepEqual(
    acks.filter((ack) => ack.EventType === 'ERROR'),
    [],
  );
  let [video, audio] = [0, 0];
  for (const { tracks } of await listFragments(streams.byName('demo')?.fragments)) {
    for (const { type, frames } of tracks) {
      if (type === 1) video += frames;
      else audio += frames;
    }
  }
  return { video, audio };
}

async function framesOf(file: string): Promise<{ video: number; audio: number }> {
  // It has something to say of attachments.
  const { streams } = await ffprobeChunks(file);
  const count = (type: string): number =>
    Number(streams.find((stream) => stream.codec_type === type)?.nb_read_frames ?? 0);
  return { video: count('video'), audio: count('audio') };
}

const ffmpegFiles: [name: string, bFrames: number, args: string][] = [
  ['Matroska to a file', 2, '-c copy -f matroska'],
  [
    'Matroska to a file, with room for an index',
    2,
    '-c copy -reserve_index_space 5000 -f matroska',
  ],
  ['Matroska for live use', 0, '-c copy -live 1 -f matroska'],
  [
    'Matroska for live use with B-frames, clusters at key frames',
    2,
    '-c copy -live 1 -cluster_time_limit 10000 -cluster_size_limit 50000000 -f matroska',
  ],
  ['WebM', 0, '-c:v libvpx -deadline realtime -cpu-used 8 -g 50 -c:a libopus -f webm'],
];
for (const [name, bFrames, args] of ffmpegFiles) {
  test(`takes what ffmpeg writes as ${name}, frame for frame`, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'file.mkv');
    run('ffmpeg', `-v error -i ${source(folder, bFrames)} ${args} ${file}`);
    const frames = await stored(t, file);
    assert.deepEqual(frames, await framesOf(file));
    assert.equal(frames.video, FRAMES);
  });
}

const skip = isInstalled('mkvmerge') ? false : 'mkvmerge is not installed';
const mkvmergeFiles: [name: string, args: string][] = [
  ['by itself, audio laced', ''],
  ['without lacing', '--disable-lacing'],
  ['with block groups', '--engage no_simpleblocks'],
  [
    'with chapters, an attachment and a title',
    '--title x --attach-file ATTACHED --chapters CHAPTERS',
  ],
  ['without cues', '--no-cues'],
  ['in microseconds', '--timestamp-scale 1000000'],
];
for (const [name, args] of mkvmergeFiles) {
  test(`takes what mkvmerge writes ${name}, frame for frame`, { skip }, async (t) => {
    const folder = temporaryFolder(t);
    const [attached, chapters] = [join(folder, 'a.txt'), join(folder, 'c.txt')];
    writeFileSync(attached, Buffer.alloc(3_000_000));
    writeFileSync(chapters, 'CHAPTER01=00:00:00.000\nCHAPTER01NAME=one\n');
    const file = join(folder, 'file.mkv');
    const options = args.replace('ATTACHED', attached).replace('CHAPTERS', chapters);
    run('mkvmerge', `-q ${options} -o ${file} ${source(folder)}`.replace('  ', ' '));
    const frames = await stored(t, file);
    assert.deepEqual(frames, await framesOf(file));
    assert.equal(frames.video, FRAMES);
  });
}

test('laced audio is played back frame by frame, at its times', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'file.mkv');
  run('mkvmerge', `-q -o ${file} ${source(folder)}`);
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await putDocument(url, 'demo', readFileSync(file));
  const { body } = await call(url, '/getHLSStreamingSessionURL', {
    StreamName: 'demo',
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: 0, EndTimestamp: 100 },
    },
  });
  const { packets = [] } = await ffprobe(String(body['HLSStreamingSessionURL']), '-show_packets');
  const played = packets
    .filter((packet) => packet.codec_type === 'audio')
    .map(({ pts_time }) => Number(pts_time));
  assert.equal(played.length, (await framesOf(file)).audio);
  for (const [i, time] of played.entries()) {
    const expected = (played[0] ?? 0) + (i * 1024) / 48_000;
    assert.ok(Math.abs(time - expected) < 0.0015, `${i}: ${time} s, not ${expected} s`);
  }
});
