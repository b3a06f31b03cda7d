// Which fragments get reads, and what becomes of its files.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeTags } from '../../../src/matroska/tags.ts';
import {
  archivedChunk,
  indexOf,
  mediaChunk,
  numberOf,
  secondsOf,
} from '../../consumer/support/media-chunks.ts';
import { answerJson, startMediaServer } from '../../consumer/support/media-server.ts';
import { tracksOf } from '../../e2e/support/framecrc.ts';
import { packetsOf } from '../../e2e/support/tools.ts';
import { h264Document, h265Document } from '../../local/support/media.ts';
import { putDocument } from '../../local/support/put-media.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { resultOf, startCommand } from '../support/kvs-launch.ts';

const ALL = ['--from', '1970-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z'];

/** PutMedia of a document whose times count from a time, epoch seconds. */
function startingAt(seconds: number) {
  return {
    headers: {
      'x-amzn-producer-start-timestamp': String(seconds),
      'x-amzn-fragment-timecode-type': 'RELATIVE',
    },
  };
}

/** A stream with three fragments of a second: their numbers, and hashes of their frames. */
async function stored(
  t: TestContext,
): Promise<{ url: string; numbers: string[]; frames: string[] }> {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  await putDocument(url, 'door', h264Document(), startingAt(1_795_253_394));
  const listed = JSON.parse(await resultOf(t, url, ['get', 'door', '--list', '--json', ...ALL]));
  const file = join(temporaryFolder(t), 'all.mkv');
  await resultOf(t, url, ['get', 'door', '-o', file, ...ALL]);
  return {
    url,
    numbers: listed.map(({ number }: { number: string }) => number),
    frames: packetsOf(file).map(({ hash }) => hash),
  };
}

test('get begins and ends where it is told to', async (t) => {
  const { url, numbers, frames } = await stored(t);
  assert.equal(numbers.length, 3);
  const perFragment = frames.length / 3;
  const at = (seconds: number): string => new Date((1_795_253_394 + seconds) * 1_000).toISOString();
  const folder = temporaryFolder(t);
  for (const [args, first, last] of [
    [['--start', 'earliest', '--duration', '1'], 0, 1],
    [['--start', 'earliest', '--duration', '1.5'], 0, 2],
    [['--start', 'earliest', '--count', '2'], 0, 2],
    [['--after-fragment', numbers[0] ?? '', '--count', '1'], 1, 2],
    [['--continuation-token', numbers[1] ?? '', '--count', '1'], 2, 3],
    [['--start', at(1), '--count', '1'], 1, 2],
    [['--start', '2020-01-01T00:00:00Z', '--by', 'server', '--count', '1'], 0, 1],
    [['--from', at(0.5), '--to', at(1.5)], 1, 2],
    [['--from', 'earliest', '--to', 'now', '--duration', '2'], 0, 2],
    [['--from', at(-5), '--to', at(100), '--parallel', '5', '--count', '2'], 0, 2],
  ] as const) {
    const file = join(folder, `${args.join(' ').replaceAll('/', '_')}.mkv`);
    await resultOf(t, url, ['get', 'door', '-o', file, ...args]);
    const expected = frames.slice(first * perFragment, last * perFragment);
    assert.deepEqual(
      packetsOf(file).map(({ hash }) => hash),
      expected,
      args.join(' '),
    );
  }
  // By the server's clock, nothing was stored when the producer says that it was.
  const byServer = ['get', 'door', '--list', '--json', '--by', 'server'];
  const none = await resultOf(t, url, [...byServer, '--from', at(-5), '--to', at(5)]);
  assert.equal(none, '[]\n');
});

test('a range without an end has what lies ahead of the clock, as a file does that was just sent', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  await putDocument(url, 'door', h264Document(), startingAt(nowSeconds + 3_600));
  const count = async (...args: string[]): Promise<number> =>
    JSON.parse(await resultOf(t, url, ['get', 'door', '--list', '--json', ...args])).length;
  assert.equal(await count('--from', 'earliest'), 3);
  assert.equal(await count(), 3);
  assert.equal(await count('--from', 'earliest', '--to', 'now'), 0);
  const file = join(temporaryFolder(t), 'all.mkv');
  await resultOf(t, url, ['get', 'door', '-o', file, '--from', 'earliest']);
  assert.equal(packetsOf(file).length, 60);
});

test('--tags prints the tags of those fragments that have any, in order', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  const document = h264Document();
  const clusterAt = document.indexOf(Buffer.from('1f43b675', 'hex'));
  // In place of the muxer's own tags, which go with every fragment.
  const muxersAt = document.lastIndexOf(Buffer.from('1254c367', 'hex'), clusterAt);
  assert.ok(muxersAt > 0);
  const tags = encodeTags([{ name: 'why', value: 'bell "ü"\n' }]);
  await putDocument(
    url,
    'door',
    Buffer.concat([document.subarray(0, muxersAt), tags, document.subarray(clusterAt)]),
  );
  const args = ['get', 'door', '--tags', '--start', 'earliest', '--count', '3'];
  const lines = (await resultOf(t, url, args)).split('\n');
  assert.equal(lines.length, 2);
  const line = JSON.parse(lines[0] ?? '');
  assert.deepEqual(line.tags, [{ name: 'why', value: 'bell "ü"\n' }]);
  assert.match(line.number, /^\d{20,}$/);
  assert.match(line.producerTimestamp, /^\d{4}-.*Z$/);
});

test('another file begins where the tracks change, under a name that is free', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  for (const [index, document] of [h264Document(), h265Document(), h264Document()].entries()) {
    await putDocument(url, 'door', document, startingAt(1_795_253_394 + 60 * index));
  }
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'film-2.mkv'), 'mine');
  const file = join(folder, 'film.mkv');
  await resultOf(t, url, ['get', 'door', '-o', file, ...ALL]);
  assert.deepEqual(readdirSync(folder).sort(), [
    'film-2.mkv',
    'film-3.mkv',
    'film-4.mkv',
    'film.mkv',
  ]);
  const films = ['film.mkv', 'film-3.mkv', 'film-4.mkv'].map((name) => join(folder, name));
  const codecs = (await tracksOf(films)).map(([track]) => track?.codec);
  assert.deepEqual(codecs, ['h264', 'hevc', 'h264']);
});

test('what came before an error is a whole file under its temporary name', async (t) => {
  const endpoint = await startMediaServer(t, ({ path, input }, response) => {
    const indexes = Array.from({ length: 40 }, (_, index) => index);
    if (path === '/listFragments') {
      const fragments = indexes.map((index) => ({
        FragmentNumber: numberOf(index),
        ProducerTimestamp: secondsOf(index),
        ServerTimestamp: secondsOf(index),
      }));
      answerJson(response, { Fragments: fragments });
      return;
    }
    const [first = ''] = input['Fragments'] as string[];
    if (indexOf(first) > 0) answerJson(response, { message: 'gone' }, 404);
    else response.end(Buffer.concat(indexes.slice(0, 20).map(archivedChunk)));
  });
  const file = join(temporaryFolder(t), 'film.mkv');
  const { code, stderr } = await startCommand(t, endpoint, ['get', 'door', '-o', file, ...ALL])
    .finished;
  assert.equal(code, 1);
  assert.match(stderr, /What came before is in .*film\.mkv\.part\n.*gone/s);
  assert.equal(existsSync(file), false);
  assert.equal(existsSync(`${file}.part`), true);
  const again = await startCommand(t, endpoint, ['get', 'door', '-o', file, ...ALL]).finished;
  assert.match(again.stderr, /film\.mkv\.part exists/);
});

test('a live get goes on where a lost connection stopped, and says so', async (t) => {
  const froms: number[] = [];
  const endpoint = await startMediaServer(t, ({ input }, response) => {
    const { ContinuationToken: token } = input['StartSelector'] as { ContinuationToken?: string };
    const from = token === undefined ? 0 : indexOf(token) + 1;
    froms.push(from);
    const next = mediaChunk(from + 2);
    const part = Buffer.concat([mediaChunk(from), mediaChunk(from + 1), next.subarray(0, 300)]);
    response.write(part, () => response.socket?.resetAndDestroy());
  });
  const file = join(temporaryFolder(t), 'film.mkv');
  const args = ['get', 'door', '-o', file, '--start', 'earliest', '--count', '6'];
  const { code, stderr } = await startCommand(t, endpoint, args).finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /6 fragments/);
  assert.ok(froms.length >= 3);
  assert.match(stderr, /GetMedia got no answer.*; it goes on after the last fragment\n/);
});
