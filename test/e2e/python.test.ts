import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { LocalService } from '../../src/local/options.ts';
import { MatroskaReader } from '../../src/matroska/reader.ts';
import { startService } from '../local/support/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { runPython } from './support/python.ts';
import { fragmentFiles, storedFrames } from './support/stored.ts';

type Ack = { version: number; type: number; timestamp: number; number: string; result: number };
type Metric = {
  streamVersion: number;
  clientVersion: number;
  frameRate: number;
  transferred: number;
  retries: number;
  storeBytes: number;
  availableBytes: number;
  pts: number;
  first: boolean;
};
type Message = { name: string } & Record<string, unknown>;
type Heard = {
  acks: Ack[];
  metrics: Metric[];
  'stream-errors': number[];
  messages: Message[];
  error: { domain: string; code: number; message: string; debug: string } | null;
  stats: Record<string, unknown>;
};

/** Tags behind each fragment, in order. */
async function tagsOf(service: LocalService, stream: string): Promise<string[][]> {
  const found: string[][] = [];
  for (const file of fragmentFiles(service, stream)) {
    const tags: string[] = [];
    const reader = new MatroskaReader({
      tags: (some) => tags.push(...some.map(({ name, value }) => `${name}=${value}`)),
    });
    reader.push(await readFile(file));
    reader.end();
    found.push(tags.filter((tag) => !tag.startsWith('AWS_')));
  }
  return found;
}

test('a Python program reads signals, messages and stats, and they agree with the service', async (t) => {
  const service = await startService(t);
  const heard = await runPython<Heard>(t, service, 'listen.py', 'heard', '150', 'storage-size=64');
  assert.equal(heard.error, null);
  assert.deepEqual(heard['stream-errors'], []);
  const frames = await storedFrames(service, 'heard');
  assert.equal(frames.length, 150);
  const records = await listFragments(service.streams.byName('heard')?.fragments);
  const numbers = records.map(({ number }) => number);
  const starts = [0, 1, 2, 3, 4].map((n) => frames.find(({ fragment }) => fragment === n)?.timeMs);

  await t.test('fragment-ack: the structure behind the pointer', () => {
    for (const type of [1, 2, 3]) {
      const acks = heard.acks.filter((ack) => ack.type === type);
      assert.deepEqual(
        acks.map(({ number }) => number),
        numbers,
      );
      assert.deepEqual(
        acks.map(({ timestamp }) => timestamp),
        starts,
      );
    }
    for (const { version, result } of heard.acks) assert.deepEqual([version, result], [0, 200]);
    const told = heard.messages.filter(({ name }) => name === 'kvs-fragment-ack');
    assert.deepEqual(
      told.map((message) => [message['ack-type'], message['fragment-number']]),
      heard.acks.map(({ type, number }) => [type, number]),
    );
  });

  await t.test('stream-client-metric: at the first and at each key frame', () => {
    assert.deepEqual(
      heard.metrics.map(({ first }) => first),
      [true, false, false, false, false],
    );
    assert.deepEqual(
      heard.metrics.map(({ pts }) => Math.floor(pts / 10_000)),
      starts,
    );
    for (const metric of heard.metrics) {
      assert.deepEqual([metric.streamVersion, metric.clientVersion, metric.retries], [3, 2, 0]);
      assert.equal(metric.storeBytes, 64 * 1024 * 1024);
      assert.ok(metric.availableBytes > 0 && metric.availableBytes < metric.storeBytes);
      assert.ok(metric.frameRate > 0);
    }
  });

  await t.test('bus: the stream is ready, connects, streams and closes', () => {
    const names = heard.messages.map(({ name }) => name);
    assert.ok(names.includes('kvs-stream-ready'));
    assert.ok(names.includes('kvs-metrics'));
    const states = heard.messages
      .filter(({ name }) => name === 'kvs-connection')
      .map(({ state }) => state);
    assert.equal(states[0], 'connecting');
    assert.ok(states.includes('streaming'));
    assert.ok(!states.includes('reconnecting'));
  });

  await t.test('stats: the numbers of the run', () => {
    assert.equal(heard.stats['frames'], 150);
    assert.equal(heard.stats['persisted-acks'], 5);
    assert.equal(heard.stats['dropped-frames'], 0);
    assert.equal(heard.stats['bridge-frames-dropped'], 0);
  });

  await t.test('kvs-add-metadata: each tag on the fragments it was meant for', async () => {
    assert.deepEqual(await tagsOf(service, 'heard'), [
      [],
      ['site=garden'],
      ['site=garden', 'door=open'],
      ['site=garden'],
      [],
    ]);
  });
});

test('a Python program hears of a refusal by signal and by message', async (t) => {
  const service = await startService(t);
  const heard = await runPython<Heard>(
    t,
    service,
    'listen.py',
    'refused',
    '100000',
    'access-key=AKIAWRONG',
    'secret-key=wrong',
  );
  assert.ok(heard.error);
  const status = heard['stream-errors'][0];
  assert.ok(status !== undefined && status > 0);
  assert.match(heard.error.debug, new RegExp(status.toString(16)));
});

test('a Python program hears what is dropped while the service is away', async (t) => {
  const service = await startService(t);
  const heard = await runPython<Heard>(
    t,
    service,
    'listen.py',
    'lost',
    '900',
    'storage-size=1',
    'endpoint=http://127.0.0.1:1',
    'stop-stream-timeout=1',
    'on-loss=warning',
  );
  assert.equal(heard.error, null);
  const dropped = heard.messages.filter(({ name }) => name.startsWith('kvs-dropped-'));
  assert.equal(
    dropped.reduce((sum, message) => sum + Number(message['frames']), 0),
    900,
  );
  assert.ok(dropped.some((message) => message['reason'] === 'storage-full'));
  assert.equal(heard.stats['dropped-frames'], 900);
  const pressure = heard.messages.find(({ name }) => name === 'kvs-pressure');
  assert.equal(pressure?.['kind'], 'storage');
  const reconnecting = heard.messages.find((message) => message['state'] === 'reconnecting');
  assert.match(String(reconnecting?.['reason']), /ECONNREFUSED 127\.0\.0\.1:1\b/);
  assert.ok(Number(reconnecting?.['next-try-ms']) > 0);
  assert.ok(Number(reconnecting?.['status']) > 0);
});

test('every property of a kvssink can be written and read back from Python', async (t) => {
  const service = await startService(t);
  const { kinds, wrong } = await runPython<{ kinds: Record<string, number>; wrong: unknown[] }>(
    t,
    service,
    'properties.py',
  );
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(kinds).sort(), [
    'GBoxed',
    'GEnum',
    'gboolean',
    'gchararray',
    'guint',
    'guint64',
  ]);
});

test('twenty pipelines after each other leave nothing behind', async (t) => {
  const service = await startService(t);
  assert.deepEqual(await runPython(t, service, 'leaks.py', 'often', '20'), {
    elements: 0,
    references: 1,
    descriptors: 0,
    children: 0,
  });
  assert.equal((await storedFrames(service, 'often')).length, 60);
});
