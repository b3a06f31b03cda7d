import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { test } from 'node:test';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { answerOf, call, createStream, open, sign } from './support/client.ts';
import { h264Document } from './support/media.ts';
import { putDocument } from './support/put-media.ts';
import { startService, temporaryFolder } from './support/service.ts';

test('with AWS’s limits, a sixth call on a stream within a second is throttled, and not one on another', async (t) => {
  let monotonicMs = 0;
  const clock = { ...systemClock, monotonicMs: () => monotonicMs };
  const { url } = await startService(t, { awsLimits: true, clock });
  const StreamARN = await createStream(url, 'a');
  await createStream(url, 'b');
  const describe = async (input: object) => (await call(url, '/describeStream', input)).errorType;
  for (let i = 0; i < 5; i++) {
    // By name and by ARN, it is the same stream.
    assert.equal(await describe(i % 2 ? { StreamARN } : { StreamName: 'a' }), undefined);
  }
  const refused = await call(url, '/describeStream', { StreamName: 'a' });
  assert.deepEqual([refused.status, refused.errorType], [400, 'ClientLimitExceededException']);
  assert.equal(await describe({ StreamName: 'b' }), undefined);
  // Another operation has its own.
  assert.equal((await call(url, '/listFragments', { StreamName: 'a' })).errorType, undefined);
  monotonicMs += 200;
  assert.equal(await describe({ StreamName: 'a' }), undefined);
  assert.equal(await describe({ StreamName: 'a' }), 'ClientLimitExceededException');
  // Of the account: one bucket for all streams.
  monotonicMs += 10_000;
  const answers = [];
  for (let i = 0; i < 51; i++) answers.push((await call(url, '/listStreams', {})).errorType);
  assert.deepEqual(answers.slice(49), [undefined, 'ClientLimitExceededException']);
});

test('with AWS’s limits, fragments that are asked for and what players fetch are counted', async (t) => {
  let monotonicMs = 0;
  const clock = { ...systemClock, monotonicMs: () => monotonicMs };
  const { url } = await startService(t, { awsLimits: true, clock });
  await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const throttled = 'ClientLimitExceededException';
  const errors = async (path: string, input: object, calls: number) => {
    const found = [];
    for (let i = 0; i < calls; i++) found.push((await call(url, path, input)).errorType);
    return found;
  };
  // 10,000 points a second for all that list fragments of a stream.
  const StreamName = 'demo';
  const listed = await errors('/listFragments', { StreamName, MaxResults: 1000 }, 11);
  assert.deepEqual(listed.slice(9), [undefined, throttled]);
  monotonicMs += 1_000;
  const range = {
    FragmentSelectorType: 'PRODUCER_TIMESTAMP',
    TimestampRange: { StartTimestamp: 0, EndTimestamp: 10 },
  };
  const { body } = await call(url, '/getHLSStreamingSessionURL', {
    StreamName,
    PlaybackMode: 'ON_DEMAND',
    HLSFragmentSelector: range,
  });
  const master = String(body['HLSStreamingSessionURL']);
  const statuses = [];
  for (let i = 0; i < 6; i++) statuses.push((await fetch(master)).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 400]);
  // 500 for all that send them.
  const input = { StreamName, Fragments: Array.from({ length: 500 }, () => '1') };
  const list = new URL('/getMediaForFragmentList', url);
  const bytes = Buffer.from(JSON.stringify(input));
  const sent = open(list, await sign(list, { 'content-length': String(bytes.length) }, bytes));
  sent.end(bytes);
  assert.equal((await answerOf(sent)).statusCode, 200);
  const clip = { StreamName, ClipFragmentSelector: range };
  assert.deepEqual(await errors('/getClip', clip, 1), [throttled]);
});

test('without them, calls are not counted', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'a');
  for (let i = 0; i < 60; i++) {
    assert.equal((await call(url, '/describeStream', { StreamName: 'a' })).status, 200);
  }
});

test('a session that sends fragments faster than the limit is made to wait', async (t) => {
  let [monotonicMs, waitedMs] = [0, 0];
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => monotonicMs,
    // Waits of five seconds and more are about other things.
    after: (delayMs, callback) => {
      if (delayMs >= 5000) return systemClock.after(delayMs, callback);
      const timer = setImmediate(() => {
        monotonicMs += delayMs;
        waitedMs += delayMs;
        callback();
      });
      return { cancel: () => clearImmediate(timer) };
    },
  };
  const { url } = await startService(t, { limits: { maxFragmentsPerSecond: 1 }, clock });
  await createStream(url, 'demo', { DataRetentionInHours: 24 });
  const acks = await putDocument(url, 'demo', h264Document({ frames: 100 }));
  assert.equal(acks.filter(({ EventType }) => EventType === 'PERSISTED').length, 5);
  assert.equal(waitedMs, 4000);
});

test('a service in memory writes nothing, forgets the oldest media, and all of it at the end', async (t) => {
  const dataDir = temporaryFolder(t);
  const document = h264Document();
  const service = await startService(t, { dataDir, memoryBytes: 1.5 * document.length });
  const { url, streams } = service;
  await createStream(url, 'a', { DataRetentionInHours: 24 });
  await createStream(url, 'b', { DataRetentionInHours: 24 });
  await putDocument(url, 'a', document);
  assert.equal(streams.byName('a')?.fragments.totals.fragments, 3);
  await putDocument(url, 'b', document);
  const [a, b] = streams.list().map(({ fragments }) => fragments.totals);
  assert.equal(b?.fragments, 3);
  assert.ok(a !== undefined && a.fragments < 3);
  assert.ok(a.bytes + b.bytes <= 1.5 * document.length);
  const { body } = await call(url, '/listFragments', { StreamName: 'b' });
  const [first] = body['Fragments'] as { FragmentNumber: string }[];
  const record = await streams.byName('b')?.fragments.get(first?.FragmentNumber ?? '');
  assert.ok(record);
  assert.equal((await streams.byName('b')?.fragments.read(record))?.length, record.bytes);
  await call(url, '/deleteStream', { StreamARN: streams.byName('b')?.record.arn });
  assert.deepEqual(readdirSync(dataDir), []);
  await service.close();
  const again = await startService(t, { dataDir, memoryBytes: 1e6 });
  assert.deepEqual(again.streams.list(), []);
});

test('metrics are for this machine, or for whoever reaches the port that was opened for them', async (t) => {
  const metrics = { host: '127.0.0.1', port: 0 };
  const { url, metricsUrl } = await startService(t, { metrics });
  await createStream(url, 'demo', { DataRetentionInHours: 24 });
  await putDocument(url, 'demo', h264Document());
  for (const base of [url, metricsUrl]) {
    const response = await fetch(`${base}/metrics`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    assert.match(text, /^kvs_local_persisted_fragments_total\{stream="demo"\} 3$/m);
    assert.match(text, /^kvs_local_received_frames_total\{stream="demo"\} 60$/m);
    assert.match(text, /^kvs_local_stored_fragments\{stream="demo"\} 3$/m);
    assert.match(text, /^kvs_local_streams 1$/m);
    const health = await fetch(`${base}/health`);
    assert.deepEqual(
      [health.status, ((await health.json()) as { healthy: boolean }).healthy],
      [200, true],
    );
  }
  for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }]) {
    const [answer] = await once(get(`${metricsUrl}/metrics`, { headers }), 'response');
    answer.resume();
    assert.equal(answer.statusCode, 401, JSON.stringify(headers));
  }
  assert.equal((await fetch(`${metricsUrl}/api/streams`)).status, 404);
  assert.equal((await fetch(`${metricsUrl}/metrics`, { method: 'POST' })).status, 405);
});

test('the report of a stream has its figures, its tags, and where there is media', async (t) => {
  const { url } = await startService(t, { behaviours: { defaultRetentionHours: 7 } });
  await call(url, '/createStream', { StreamName: 'demo', Tags: { room: 'hall' } });
  await putDocument(url, 'demo', h264Document());
  const response = await fetch(`${url}/api/stream?stream=demo`);
  const report = (await response.json()) as {
    fragmentsStored: number;
    retentionHours: number;
    tags: unknown;
    parts: { fragments: number; spans: unknown[] }[];
  };
  assert.equal(report.fragmentsStored, 3);
  assert.equal(report.retentionHours, 7);
  assert.deepEqual(report.tags, { room: 'hall' });
  assert.deepEqual(
    report.parts.map(({ fragments, spans }) => [fragments, spans.length]),
    [[3, 1]],
  );
  const none = await fetch(`${url}/api/stream?stream=demo&from=99000`);
  assert.deepEqual(((await none.json()) as { parts: unknown[] }).parts, []);
  assert.equal((await fetch(`${url}/api/stream?stream=none`)).status, 404);
  assert.equal((await fetch(`${url}/api/stream?stream=demo&from=now`)).status, 400);
});
