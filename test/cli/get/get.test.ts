// What get writes, compared by ffprobe with what GStreamer's and ffmpeg's own muxers wrote.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { tracksOf } from '../../e2e/support/framecrc.ts';
import { persisted } from '../../e2e/support/persisted.ts';
import { pipelineEnvironment, start, startPipeline, words } from '../../e2e/support/run.ts';
import { mkvinfoBlocks, packetsOf, tool } from '../../e2e/support/tools.ts';
import { h264Document } from '../../local/support/media.ts';
import { putDocument } from '../../local/support/put-media.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { COMMAND, resultOf, startCommand } from '../support/kvs-launch.ts';

const ALL = ['--from', '1970-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z'];
const FRAMES = 60;
const PICTURES = `videotestsrc num-buffers=${FRAMES} ! video/x-raw,width=160,height=120,framerate=30/1`;
const SOUND = 'audiotestsrc num-buffers=60 samplesperbuffer=800 ! audio/x-raw,rate=8000,channels=1';

/** Sends a pipeline's stream to the service, and writes it to a file by matroskamux. */
async function sent(t: TestContext, url: string, media: string): Promise<string> {
  const reference = join(temporaryFolder(t), 'reference.mkv');
  const line = `${media} ! tee name=t t. ! queue ! kvssink stream-name=door streaming-type=offline
    t. ! queue ! matroskamux ! filesink location=${reference}`;
  const { code, stderr } = await startPipeline(
    t,
    'gst-launch-1.0',
    words(line),
    pipelineEnvironment(url),
  ).finished;
  assert.equal(code, 0, stderr);
  return reference;
}

function hashesOf(file: string, stream: string): string[] {
  return packetsOf(file, stream).map(({ hash }) => hash);
}

/** From the first one on, to the millisecond. */
function timesOf(file: string, stream: string): number[] {
  const packets = packetsOf(file, stream);
  const first = Math.min(...packets.map(({ timeMs }) => timeMs));
  return packets.map(({ timeMs }) => Math.round(timeMs - first));
}

function durationOf(file: string): number {
  return Number(
    tool('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file]),
  );
}

for (const [name, media, stream, formats] of [
  [
    'H.264 with B-frames',
    `${PICTURES} ! x264enc speed-preset=ultrafast bframes=2 key-int-max=15 ! h264parse`,
    'v:0',
    'mkv mp4',
  ],
  ['H.265', `${PICTURES} ! x265enc key-int-max=15 ! h265parse`, 'v:0', 'mkv mp4'],
  ['AAC', `${SOUND} ! avenc_aac ! aacparse`, 'a:0', 'mkv mp4'],
  ['Opus', `${SOUND} ! audioconvert ! audioresample ! opusenc`, 'a:0', 'mkv mp4'],
  ['G.711', `${SOUND} ! mulawenc`, 'a:0', 'mkv'],
] as const) {
  test(`${name} is written frame for frame as it was sent`, async (t) => {
    const { url } = await startService(t);
    const reference = await sent(t, url, media);
    for (const format of formats.split(' ')) {
      const file = join(temporaryFolder(t), `film.${format}`);
      await resultOf(t, url, ['get', 'door', '-o', file, ...ALL]);
      assert.deepEqual(hashesOf(file, stream), hashesOf(reference, stream), format);
      assert.equal(existsSync(`${file}.part`), false);
      if (format !== 'mkv') continue;
      // mkvinfo calls the profile of x265enc's stream unknown, which is no fault of the file.
      if (name !== 'H.265') mkvinfoBlocks(file);
      // In matroskamux's file, Opus begins before 0 by its CodecDelay.
      if (name === 'Opus') continue;
      // kvssink cuts times to milliseconds, which matroskamux rounds.
      const expected = timesOf(reference, stream);
      for (const [index, timeMs] of timesOf(file, stream).entries()) {
        assert.ok(Math.abs(timeMs - (expected[index] ?? 0)) <= 1, `frame ${index}: ${timeMs} ms`);
      }
    }
  });
}

test('video and audio of several fragments are one file that knows its date and length', async (t) => {
  const { url } = await startService(t);
  const document = h264Document({ audio: true });
  await putDocument(url, 'door', document).catch(() => {});
  const folder = temporaryFolder(t);
  const reference = join(folder, 'reference.mkv');
  writeFileSync(reference, document);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', document);
  for (const name of ['film.mkv', 'film.mp4']) {
    const file = join(folder, name);
    await resultOf(t, url, ['get', 'door', '-o', file, ...ALL]);
    for (const stream of ['v:0', 'a:0']) {
      assert.deepEqual(hashesOf(file, stream), hashesOf(reference, stream), `${name} ${stream}`);
    }
    assert.ok(Math.abs(durationOf(file) - 3) < 0.1, `${durationOf(file)} s`);
  }
  const info = tool('mkvinfo', ['--ui-language', 'en_US', join(folder, 'film.mkv')]);
  assert.match(info, /\+ Date: \d{4}-\d\d-\d\d/);
  const piped = await start(
    t,
    'sh',
    [
      '-c',
      `"${process.execPath}" "${COMMAND}" get door -o - --start earliest --count 2 > ${folder}/piped.mkv`,
    ],
    pipelineEnvironment(url, { AWS_REGION: 'us-west-2' }),
  ).finished;
  assert.equal(piped.code, 0, piped.stderr);
  const first = hashesOf(join(folder, 'piped.mkv'), 'v:0');
  assert.deepEqual(first, hashesOf(reference, 'v:0').slice(0, first.length));
  assert.equal(first.length, 40);
});

test('an interrupt ends a live recording with a whole file, of Matroska and of MP4', async (t) => {
  const service = await startService(t);
  const line = `videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 !
    x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=door`;
  const env = pipelineEnvironment(service.url);
  const camera = startPipeline(t, 'gst-launch-1.0', ['-e', ...words(line)], env);
  await persisted(service, 'door', 1);
  for (const name of ['film.mkv', 'film.mp4']) {
    const folder = temporaryFolder(t);
    const file = join(folder, name);
    const args = ['get', 'door', '-o', file, '--start', 'earliest'];
    const recording = startCommand(t, service.url, args);
    // Before its file is there, it may not listen to an interrupt yet.
    while (readdirSync(folder).length === 0 && recording.child.exitCode === null) {
      await setTimeout(20);
    }
    const before = service.streams.byName('door')?.fragments.totals.fragments ?? 0;
    await persisted(service, 'door', before + 4);
    recording.child.kill('SIGINT');
    const { code, stderr } = await recording.finished;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /fragments, .* MB, .* of media/);
    assert.deepEqual(await tracksOf([file]), [[{ codec: 'h264', width: 160, height: 120 }]]);
    assert.ok(packetsOf(file).length >= 30);
    assert.ok(durationOf(file) > 0.9);
  }
  // Killed, it would leave a host that waits for a service that is closed.
  camera.child.kill('SIGINT');
  assert.equal((await camera.finished).code, 0);
});

test('a reader that goes ends get, a full disk makes it fail, and a file that exists is kept', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', h264Document());
  const line = `"${process.execPath}" "${COMMAND}" get door -o - --start earliest | head -c 1000 | wc -c`;
  const env = pipelineEnvironment(url, { AWS_REGION: 'us-west-2' });
  const piped = await start(t, 'bash', ['-o', 'pipefail', '-c', line], env).finished;
  assert.equal(piped.code, 0, piped.stderr);
  assert.equal(piped.stdout.trim(), '1000');
  const full = `"${process.execPath}" "${COMMAND}" get door -o - --start earliest >/dev/full`;
  const failed = await start(t, 'bash', ['-c', full], env).finished;
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /Standard output cannot be written: ENOSPC/);
  const file = join(temporaryFolder(t), 'film.mkv');
  writeFileSync(file, 'mine');
  const refused = await startCommand(t, url, ['get', 'door', '-o', file, ...ALL]).finished;
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /film\.mkv exists\nGive another name, or --force/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  await resultOf(t, url, ['get', 'door', '-o', file, '--force', ...ALL]);
  assert.equal(packetsOf(file).length, 60);
});

test('the list shows gaps, and tags are printed as lines of JSON', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  const at = (seconds: number) => ({
    headers: {
      'x-amzn-producer-start-timestamp': `${1_795_253_394 + seconds}`,
      'x-amzn-fragment-timecode-type': 'RELATIVE',
    },
  });
  await putDocument(url, 'door', h264Document(), at(0));
  await putDocument(url, 'door', h264Document(), at(60));
  const listed = JSON.parse(await resultOf(t, url, ['get', 'door', '--list', '--json', ...ALL]));
  const gaps = listed.map(({ gapBeforeMs }: { gapBeforeMs?: number }) => gapBeforeMs ?? 0);
  assert.equal(gaps.length, 6);
  assert.ok(Math.abs(gaps[3] - 57_000) < 200, `${gaps}`);
  assert.deepEqual(gaps.toSpliced(3, 1), [0, 0, 0, 0, 0]);
  const table = await resultOf(t, url, ['get', 'door', '--list', '--count', '4', ...ALL]);
  assert.match(table, /^FRAGMENT .*GAP BEFORE\n(\d{20,} .*\n){3}\d{20,} .* 5\d\.\d{3} s\n$/);
});

test('options that contradict each other, and what MP4 cannot hold, are sentences', async (t) => {
  const { url } = await startService(t);
  const failure = async (...args: string[]) => {
    const { code, stdout, stderr } = await startCommand(t, url, ['get', 'door', ...args]).finished;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    return stderr;
  };
  assert.match(await failure(), /not said what to make.*--output, --frames, --list/s);
  assert.match(await failure('-o', 'film.avi'), /does not say the format/);
  assert.match(
    await failure('--tags', '--start', 'now', '--from', '2026-01-01T00:00:00Z'),
    /own start/,
  );
  assert.match(await failure('--list', '--from', '2026-01-01T00:00:00'), /A time looks like/);
  assert.match(await failure('--list', ...ALL), /ResourceNotFoundException/);
  await sent(t, url, `${SOUND} ! mulawenc`);
  assert.match(
    await failure('--tags', '--after-fragment', '1'),
    /4000 FRAGMENT_NOT_FOUND\nThe fragment is not stored, or no longer/,
  );
  const file = join(temporaryFolder(t), 'sound.mp4');
  assert.match(await failure('-o', file, ...ALL), /an MP4 file is made of H\.264.*\.mkv/s);
  assert.equal(existsSync(file), false);
});
