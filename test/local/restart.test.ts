import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLocalService } from '../../src/local/service.ts';
import { listFragments } from '../support/list-fragments.ts';
import { call, createStream } from './support/client.ts';
import { h264Document } from './support/media.ts';
import { putDocument, putMedia } from './support/put-media.ts';
import { startService, temporaryFolder } from './support/service.ts';

test('streams, tags and fragments outlive the service', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { dataDir });
  await createStream(first.url, 'demo', { Tags: { a: 'b' } });
  await putDocument(first.url, 'demo', h264Document());
  const before = await call(first.url, '/describeStream', { StreamName: 'demo' });
  const fragments = await listFragments(first.streams.byName('demo')?.fragments);
  await first.close();

  const second = await startService(t, { dataDir });
  assert.deepEqual(
    (await call(second.url, '/describeStream', { StreamName: 'demo' })).body,
    before.body,
  );
  assert.deepEqual(await listFragments(second.streams.byName('demo')?.fragments), fragments);
  const { body } = await call(second.url, '/listTagsForStream', { StreamName: 'demo' });
  assert.deepEqual(body['Tags'], { a: 'b' });
});

test('close ends every connection at once; producers see it dropped', async (t) => {
  const service = await startService(t);
  await createStream(service.url, 'demo');
  const session = await putMedia(service.url, 'demo');
  session.request.write(h264Document());
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');
  const events = await fetch(`${service.url}/api/events`);
  const reading = events.text().catch((error: Error) => error.name);
  await Promise.all([service.close(), service.close()]);
  await session.ended;
  assert.equal(session.response.complete, false);
  assert.equal(await reading, 'TypeError');
});

test('a service that is started twice leaves the first one’s data alone', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { dataDir, tlsPort: 0 });
  await createStream(first.url, 'demo');
  const session = await putMedia(first.url, 'demo');
  session.request.write(h264Document());
  await session.waitFor((ack) => ack.EventType === 'PERSISTED');
  const folder = join(dataDir, 'streams', 'demo');
  const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const before = files().map((name) => [name, statSync(join(folder, name)).ino]);
  const port = Number(new URL(first.url).port);
  for (const options of [{ port }, {}, { tlsPort: 0 }]) {
    await assert.rejects(startLocalService({ dataDir, ...options }), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`process ${process.pid} on .*${first.url} and https:`),
      );
      return true;
    });
  }
  assert.deepEqual(
    files().map((name) => [name, statSync(join(folder, name)).ino]),
    before,
  );
  // What the first one persists from now on is there after a restart, too.
  const end = h264Document({ frames: 120 });
  await putDocument(first.url, 'demo', end, {
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': '1795253000',
    },
  });
  const persisted = await listFragments(first.streams.byName('demo')?.fragments);
  assert.equal(persisted?.length, 9);
  await first.close();
  const second = await startService(t, { dataDir });
  assert.deepEqual(await listFragments(second.streams.byName('demo')?.fragments), persisted);
});

test('a port that is taken is an error, before anything in the folder is touched', async (t) => {
  const { url } = await startService(t);
  const port = Number(new URL(url).port);
  const dataDir = temporaryFolder(t);
  for (const options of [{ port }, { tlsPort: port }]) {
    await assert.rejects(startLocalService({ dataDir, ...options }), /EADDRINUSE/);
    assert.equal(existsSync(join(dataDir, 'streams')), false);
    assert.deepEqual(readdirSync(join(dataDir, 'lock')), []);
  }
});

for (const [what, damage] of [
  ['cut short', (text: string) => text.slice(0, -20)],
  ['no list', () => '{"streams":[]}'],
  ['not of streams', () => '[null]'],
  [
    'one that leads out of the folder',
    (text: string) => text.replace('"folder": "', '"folder": "../'),
  ],
] as const) {
  test(`a streams.json that is ${what} is a sentence that names it, not an empty service`, async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await startService(t, { dataDir });
    await createStream(first.url, 'demo');
    await first.close();
    const file = join(dataDir, 'streams.json');
    const text = damage(readFileSync(file, 'utf8'));
    writeFileSync(file, text);
    await assert.rejects(startLocalService({ dataDir }), {
      code: 'DATA_FOLDER_DAMAGED',
      message: /^\/.*streams\.json is damaged/,
    });
    assert.equal(readFileSync(file, 'utf8'), text);
  });
}

test('a request that comes before the streams are read waits for them', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { dataDir });
  const port = Number(new URL(first.url).port);
  await createStream(first.url, 'demo');
  await first.close();
  // A pipe instead of the file keeps the service at its first step until something is written.
  const file = join(dataDir, 'streams.json');
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  execFileSync('mkfifo', [file]);
  const starting = startService(t, { dataDir, port });
  const answer = call(await whenListening(port), '/describeStream', { StreamName: 'demo' });
  await writeFile(file, text);
  assert.equal((await answer).status, 200);
  await starting;
});

/** Tries a port until something listens there. */
async function whenListening(port: number): Promise<string> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isConnected) return `http://127.0.0.1:${port}`;
  }
}

test('streams that come after one whose deletion was cut off are still there at the second start', async (t) => {
  const first = await startService(t, {
    behaviours: { createStreamMs: 0, updateStreamMs: 0, deleteStreamMs: 60_000 },
  });
  const { dataDir } = first;
  for (const name of ['a', 'b', 'c']) await createStream(first.url, name);
  const { body } = await call(first.url, '/describeStream', { StreamName: 'b' });
  const { StreamARN } = body['StreamInfo'] as { StreamARN: string };
  assert.equal((await call(first.url, '/deleteStream', { StreamARN })).status, 200);
  await first.close();
  const namesOf = async (url: string) =>
    ((await call(url, '/listStreams', {})).body['StreamInfoList'] as { StreamName: string }[]).map(
      ({ StreamName }) => StreamName,
    );
  for (let start = 0; start < 2; start++) {
    const again = await startService(t, { dataDir });
    assert.deepEqual(await namesOf(again.url), ['a', 'c']);
    await again.close();
  }
});

test('a change that cannot be written to streams.json was not made', async (t) => {
  const service = await startService(t);
  const { dataDir, url } = service;
  await createStream(url, 'demo');
  await call(url, '/tagStream', { StreamName: 'demo', Tags: { kept: 'yes' } });
  const stateOf = async () => [
    (await call(url, '/describeStream', { StreamName: 'demo' })).body,
    (await call(url, '/listTagsForStream', { StreamName: 'demo' })).body,
    (await call(url, '/describeNotificationConfiguration', { StreamName: 'demo' })).body,
  ];
  const before = await stateOf();
  const { Version } = (before[0]?.['StreamInfo'] ?? {}) as { Version?: string };
  const change = { StreamName: 'demo', CurrentVersion: Version };
  const retention = { DataRetentionChangeInHours: 1, Operation: 'INCREASE_DATA_RETENTION' };
  const calls: [string, object][] = [
    ['/updateStream', { ...change, DeviceName: 'other' }],
    ['/updateDataRetention', { ...change, ...retention }],
    ['/tagStream', { StreamName: 'demo', Tags: { more: 'no' } }],
    [
      '/updateNotificationConfiguration',
      {
        StreamName: 'demo',
        NotificationConfiguration: {
          Status: 'ENABLED',
          DestinationConfig: { Uri: 'arn:aws:sns:us-west-2:111122223333:topic' },
        },
      },
    ],
    ['/untagStream', { StreamName: 'demo', TagKeyList: ['kept'] }],
  ];
  // As on a full disk, the file cannot be replaced.
  const obstacle = join(dataDir, 'streams.json.tmp');
  mkdirSync(obstacle);
  for (const [path, body] of calls) {
    assert.equal((await call(url, path, body)).status, 500, path);
    assert.deepEqual(await stateOf(), before, path);
  }
  await Promise.all(calls.map(([path, body]) => call(url, path, body)));
  assert.deepEqual(await stateOf(), before, 'all at once');
  rmSync(obstacle, { recursive: true });
  assert.equal((await call(url, '/updateStream', { ...change, DeviceName: 'other' })).status, 200);
});

test('a stream that cannot be written to streams.json was not created, and leaves nothing', async (t) => {
  const service = await startService(t);
  const { dataDir, url } = service;
  // As on a full disk, the file cannot be replaced.
  const obstacle = join(dataDir, 'streams.json.tmp');
  mkdirSync(obstacle);
  const answer = await call(url, '/createStream', { StreamName: 'demo' });
  assert.deepEqual([answer.status, answer.errorType], [500, 'InternalFailure']);
  assert.deepEqual((await call(url, '/listStreams', {})).body['StreamInfoList'], []);
  assert.deepEqual(readdirSync(join(dataDir, 'streams')), []);
  rmSync(obstacle, { recursive: true });
  await createStream(url, 'demo');
});
