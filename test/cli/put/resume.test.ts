import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { persisted } from '../../e2e/support/persisted.ts';
import { fragmentFiles } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import {
  ffmpeg,
  packetHashes,
  startPut,
  startPutOfInput,
  storedHashes,
  testPicture,
  testTone,
  withoutProgress,
} from './support/put.ts';

const TO = ['--stream-name', 'x', '--start-time', '2026-11-29T08:00:00Z'];

/** Films by their names and options: each is encoded once. */
const films = new Map<string, Buffer>();

/** Twenty fragments. */
function film(t: TestContext, name = 'film.mkv', ...more: string[]): string {
  const file = join(temporaryFolder(t), name);
  const recipe = [name, ...more].join();
  const known = films.get(recipe);
  if (known !== undefined) {
    writeFileSync(file, known);
    return file;
  }
  ffmpeg(
    ...[...testPicture(20), ...testTone(20), '-c:v', 'libx264', '-preset', 'ultrafast'],
    ...['-g', '30', '-c:a', 'aac', ...more, file],
  );
  films.set(recipe, readFileSync(file));
  return file;
}

for (const [what, signal, exitCode] of [
  ['kill -9', 'SIGKILL', null],
  ['Ctrl-C', 'SIGINT', 130],
] as const) {
  test(`after ${what} in the middle, a second run completes the stream: each frame is there once`, async (t) => {
    const service = await startService(t, { behaviours: { keepDuplicates: true } });
    const file = film(t);
    const bytes = readFileSync(file);
    const first = startPutOfInput(t, service, ...TO);
    first.stdin.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
    await persisted(service, 'x', 7);
    first.child.kill(signal);
    const interrupted = await first.finished;
    assert.equal(interrupted.code, exitCode);
    if (exitCode === 130) assert.match(interrupted.stderr, /same command sends the rest/);
    const second = await startPut(t, service, ...TO, file).finished;
    assert.equal(withoutProgress(second.stderr), '');
    assert.equal(second.code, 0);
    const [, before] =
      /in 20 fragments, of which (\d+) were there already/.exec(second.stdout) ?? [];
    assert.ok(Number(before) >= 7 && Number(before) < 20, second.stdout);
    assert.deepEqual(storedHashes(service, 'x'), packetHashes(file));
  });
}

test('after kill -9 in the middle of an MP4 file, too', async (t) => {
  const service = await startService(t, { behaviours: { keepDuplicates: true } });
  const file = film(t, 'film.mp4');
  const fault = service.faults.add({
    ...({ kind: 'stall', direction: 'in' } as const),
    ...{ operation: 'PutMedia', afterFragments: 5 },
  });
  const first = startPut(t, service, ...TO, file);
  await persisted(service, 'x', 5);
  first.child.kill('SIGKILL');
  assert.equal((await first.finished).code, null);
  fault.remove();
  const { code, stdout, stderr } = await startPut(t, service, ...TO, file).finished;
  assert.equal(withoutProgress(stderr), '');
  assert.equal(code, 0);
  const [, before] = /in 20 fragments, of which (\d+) were there already/.exec(stdout) ?? [];
  assert.ok(Number(before) >= 5 && Number(before) < 20, stdout);
  assert.deepEqual(storedHashes(service, 'x'), packetHashes(file));
});

test('a file is not taken for sent because another one has its time', async (t) => {
  const service = await startService(t);
  const [one, other] = [film(t), film(t, 'other.mkv', '-vf', 'negate')];
  assert.equal((await startPut(t, service, ...TO, one).finished).code, 0);
  const { code, stderr } = await startPut(t, service, ...TO, other).finished;
  assert.equal(code, 1);
  assert.match(stderr, /has other media at 2026-11-29T08:00:00.\d+Z\n.*--start-time/);
  assert.deepEqual(storedHashes(service, 'x'), packetHashes(one));
});

test('frames that the service refuses for good are told, and the exit code is 1', async (t) => {
  const faults = [{ kind: 'error-ack', errorId: 4006, skip: 3, count: 1 } as const];
  const service = await startService(t, { faults });
  const { code, stdout, stderr } = await startPut(t, service, ...TO, film(t)).finished;
  assert.equal(code, 1);
  assert.match(stderr, /ERROR: \S+: The service has refused \d+ frames/);
  assert.match(stdout, /in 20 fragments in stream x/);
  assert.equal(fragmentFiles(service, 'x').length, 19);
});

test('a service that goes away in the middle is waited for', async (t) => {
  const dataDir = temporaryFolder(t);
  const service = await startService(t, { dataDir });
  const file = film(t);
  const bytes = readFileSync(file);
  const half = Math.floor(bytes.length / 2);
  const running = startPutOfInput(t, service, ...TO);
  running.stdin.write(bytes.subarray(0, half));
  await persisted(service, 'x', 5);
  const { port } = new URL(service.url);
  await service.close();
  running.stdin.end(bytes.subarray(half));
  await running.printed(/^x: /m);
  const again = await startService(t, { dataDir, port: Number(port) });
  assert.equal((await running.finished).code, 0);
  assert.deepEqual(storedHashes(again, 'x'), packetHashes(file));
});

test('of a file that is damaged in the middle the rest is sent, what is missing told, and the exit code 1', async (t) => {
  const service = await startService(t);
  const whole = film(t);
  const bytes = readFileSync(whole);
  const from = Math.floor(bytes.length / 2);
  bytes.fill(0, from, from + 20_000);
  const damaged = join(temporaryFolder(t), 'damaged.mkv');
  writeFileSync(damaged, bytes);
  const { code, stderr } = await startPut(t, service, ...TO, damaged).finished;
  assert.equal(code, 1);
  assert.match(stderr, /ERROR: \S+: The file cannot be read from byte \d+ to \d+/);
  const [stored, all] = [storedHashes(service, 'x'), packetHashes(whole)];
  const isOfFilm = new Set(all['video']);
  const intact = stored['video']?.filter((hash) => isOfFilm.has(hash)).length ?? 0;
  assert.ok(intact > 600 * 0.85, `${intact} pictures of 600`);
  assert.equal(stored['video']?.at(-1), all['video']?.at(-1));
});

test('a file that was cut off is sent up to there, and that is said', async (t) => {
  const service = await startService(t);
  const whole = film(t);
  const bytes = readFileSync(whole);
  const cut = join(temporaryFolder(t), 'cut.mkv');
  writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length / 2)));
  const { code, stderr } = await startPut(t, service, ...TO, cut).finished;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /ERROR: \S+: The file cannot be read from byte \d+ on: the file ends in the middle/,
  );
  assert.deepEqual(storedHashes(service, 'x'), packetHashes(cut));
});
