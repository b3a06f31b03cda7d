// kvs-launch play as a user runs it, against the local service.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { persisted } from '../../e2e/support/persisted.ts';
import { pipelineEnvironment, start, startPipeline, words } from '../../e2e/support/run.ts';
import { tool } from '../../e2e/support/tools.ts';
import { skipWithoutChromium, startChromium } from '../../local/support/chromium.ts';
import { h264Document } from '../../local/support/media.ts';
import { putDocument } from '../../local/support/put-media.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { resultOf, startCommand } from '../support/kvs-launch.ts';

const ALL = ['--from', '1970-01-01T00:00:00Z', '--to', '1970-01-01T12:00:00Z'];

/** An hour before and after now. */
function recent(): string[] {
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  return ['--from', at(-1), '--to', at(1)];
}

test('standard output is an HLS URL alone, which ffprobe reads to the end of the range', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', h264Document());
  const { code, stdout, stderr } = await startCommand(t, url, ['play', 'door', ...ALL]).finished;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^http:\S+\n$/);
  assert.match(stderr, /^Until 20.*Z, everybody who has this URL can watch/);
  // Not by execFileSync: the service is in this process.
  const count = '-v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0';
  const probe = start(t, 'ffprobe', [...words(count), stdout.trim()], process.env);
  assert.match((await probe.finished).stdout, /^60\b/);
  const live = JSON.parse(await resultOf(t, url, ['play', 'door', '--json', '--expires', '600']));
  const leftMs = Date.parse(live.expires) - Date.now();
  assert.ok(leftMs > 500_000 && leftMs <= 600_000, `${leftMs}`);
  assert.equal((await fetch(live.url)).status, 200);
});

test('what cannot be played is a sentence, with what to do', async (t) => {
  const { url } = await startService(t);
  const failure = async (...args: string[]) => {
    const { code, stdout, stderr } = await startCommand(t, url, ['play', ...args]).finished;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    return stderr;
  };
  assert.match(await failure('door'), /stream is not found or not active\./);
  await resultOf(t, url, ['streams', 'create', 'door', '--retention', '2']);
  assert.match(await failure('door'), /No fragments found.*give --from/s);
  assert.match(await failure('door', ...ALL, '--window'), /no media there.*get --list/s);
  const line =
    'videotestsrc num-buffers=10 ! jpegenc ! kvssink stream-name=still streaming-type=offline';
  const env = pipelineEnvironment(url);
  assert.equal((await startPipeline(t, 'gst-launch-1.0', words(line), env).finished).code, 0);
  assert.match(await failure('still', ...recent()), /UnsupportedStreamMediaType.*play --window/s);
  assert.match(await failure('still', '--to', '2026-11-29T08:00:00Z'), /needs an earlier --from/);
  assert.match(await failure('still', '--open', '--window'), /Several things/);
  const noSink = ['still', '--window', ...recent(), '--video-sink', 'nosuchsink'];
  assert.match(await failure(...noSink), /no element "nosuchsink"\n.*gst-inspect-1\.0/);
});

test('--window shows every frame of a range, with the sound', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', h264Document({ audio: true, bFrames: 2 }));
  const folder = temporaryFolder(t);
  const sound = join(folder, 'sound.wav');
  const sinks = ['--video-sink', `jpegenc ! multifilesink location=${folder}/%02d.jpg`];
  sinks.push('--audio-sink', `wavenc ! filesink location=${sound}`);
  await resultOf(t, url, ['play', 'door', '--window', ...ALL, ...sinks]);
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.jpg')).length, 60);
  const seconds = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', sound];
  assert.ok(Math.abs(Number(tool('ffprobe', seconds)) - 3) < 0.2);
});

test('--window plays what is being sent, until an interrupt', async (t) => {
  const service = await startService(t);
  const line = `videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 !
    x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=door`;
  const env = pipelineEnvironment(service.url);
  const camera = startPipeline(t, 'gst-launch-1.0', ['-e', ...words(line)], env);
  await persisted(service, 'door', 1);
  const shown = join(temporaryFolder(t), 'shown');
  const sink = `identity sync=true ! y4menc ! filesink location=${shown}`;
  const args = ['play', 'door', '--window', '--video-sink', sink];
  const playing = startCommand(t, service.url, args);
  const bytes = (160 * 120 * 3) / 2;
  for (;;) {
    const size = statSync(shown, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 45 * bytes) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  playing.child.kill('SIGINT');
  const { code, stderr } = await playing.finished;
  assert.equal(code, 0, stderr);
  camera.child.kill('SIGINT');
  assert.equal((await camera.finished).code, 0);
});

test('--open shows a player that plays in any browser', {
  skip: skipWithoutChromium,
}, async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', h264Document());
  // A desktop of our own, which writes down what it is to open.
  const folder = join(temporaryFolder(t), 'bin');
  mkdirSync(folder);
  const opener = join(folder, 'xdg-open');
  writeFileSync(opener, `#!/bin/sh\necho "$1" > ${folder}/opened\n`);
  chmodSync(opener, 0o755);
  const args = ['play', 'door', '--open', ...ALL];
  const path = `${folder}:${process.env['PATH']}`;
  const playing = startCommand(t, url, args, { PATH: path });
  const [, address = ''] = await playing.printed(/^(http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/)\n/);
  await playing.printed(/until Ctrl-C/);
  const { browser, close } = await startChromium();
  t.after(close);
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction("document.querySelector('video').currentTime > 0.2");
  // A session that was lost: whoever asks again gets another one.
  const session = (await (await fetch(`${address}session`)).json()) as { url: string };
  assert.equal((await fetch(session.url)).status, 200);
  const another = (await (await fetch(`${address}session`)).json()) as { url: string };
  assert.notEqual(another.url, session.url);
  assert.equal((await fetch(new URL('/', address))).status, 404);
  assert.equal(readFileSync(join(folder, 'opened'), 'utf8').trim(), address);
  playing.child.kill('SIGINT');
  assert.equal((await playing.finished).code, 0);
});
