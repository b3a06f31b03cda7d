import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { credentialFile } from '../../src/aws/credentials/file.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { Harness, type HarnessOptions, serviceFailure, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';

/** Nobody listens here: no test in this file gets as far, unless it makes a service. */
const NOWHERE = 'http://localhost:9';

function make(
  settings: Partial<UploaderSettings> = {},
  options: Partial<HarnessOptions> = {},
): { harness: Harness; clock: ManualClock } {
  const clock = new ManualClock();
  const harness = new Harness({
    endpoint: NOWHERE,
    clock,
    random: () => 0.5,
    settings,
    ...options,
  });
  return { harness, clock };
}

function isReady(harness: Harness) {
  return () => harness.heard.ready.length > 0;
}
function fatalOf(harness: Harness): string | undefined {
  return harness.heard.errors.find(({ fatal }) => fatal)?.error.code;
}
function calls({ controlPlane: { calls: c } }: Harness): string {
  return `${c.describe}/${c.create}/${c.tag}/${c.endpoint}`;
}

test('a stream that exists is described, its endpoint asked, and it is ready', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.uploader.start();
  assert.ok(await clock.run(1000, isReady(harness)));
  assert.equal(calls(harness), '1/0/0/1');
  assert.deepEqual(
    harness.heard.connections.map(({ kind }) => kind),
    ['connecting', 'idle'],
  );
});

for (const [what, kind] of [
  ['an unknown error', 'other'],
  ['a 500', 'service'],
  ['a time-out', 'timeout'],
  ['no network', 'network'],
  ['throttling', 'throttled'],
] as const) {
  test(`describe and endpoint that answer ${what} are retried indefinitely`, async () => {
    const { harness, clock } = make();
    using _ = harness;
    harness.controlPlane.always = { describe: serviceFailure(kind) };
    harness.uploader.start();
    await clock.run(60_000, undefined, 1000);
    assert.equal(fatalOf(harness), undefined);
    const { describe } = harness.controlPlane.calls;
    assert.ok(describe > 6 && describe < 60, `${describe} calls in a minute`);
    harness.controlPlane.always = { endpoint: serviceFailure(kind) };
    await clock.run(30_000, undefined, 1000);
    harness.controlPlane.always = {};
    assert.ok(await clock.run(30_000, isReady(harness), 1000));
    assert.equal(fatalOf(harness), undefined);
  });
}

test('after six tries the error has the name upstream gives up with, and it goes on', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.always = { describe: serviceFailure('service', 500) };
  harness.uploader.start();
  await clock.run(20_000, () => harness.heard.errors.length >= 7, 200);
  assert.equal(harness.errorCodes[5], 'STATUS_DESCRIBE_STREAM_CALL_FAILED');
  assert.equal(harness.errorCodes[6], 'STATUS_SERVICE_CALL_UNKOWN_ERROR');
});

test('without recovery the sixth failure is the end', async () => {
  const { harness, clock } = make({ restartOnError: false });
  using _ = harness;
  harness.controlPlane.always = { describe: serviceFailure('timeout') };
  harness.uploader.start();
  assert.ok(await clock.run(30_000, () => fatalOf(harness) !== undefined, 200));
  assert.equal(calls(harness), '6/0/0/0');
  assert.equal(fatalOf(harness), 'STATUS_DESCRIBE_STREAM_CALL_FAILED');
});

test('refused credentials are refreshed and tried, then fatal at the start', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.always = { describe: serviceFailure('access-denied', 403) };
  harness.uploader.start();
  assert.ok(await clock.run(5_000, () => fatalOf(harness) !== undefined));
  assert.equal(calls(harness), '3/0/0/0');
  assert.equal(fatalOf(harness), 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
  assert.deepEqual(harness.refreshes, [true, true]);
  assert.equal(harness.heard.connections.at(-1)?.kind, 'failed');
});

test('refused credentials that are accepted at the second attempt do no harm', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.faults.describe = [serviceFailure('expired-credentials', 403)];
  harness.uploader.start();
  assert.ok(await clock.run(5_000, isReady(harness)));
  assert.deepEqual(harness.refreshes, [true, false]);
});

for (const [call, kind, expected] of [
  ['describe', 'invalid-argument', '1/0/0/0'],
  ['create', 'invalid-argument', '1/1/0/0'],
  ['create', 'limit', '1/1/0/0'],
  ['endpoint', 'invalid-argument', '1/0/0/1'],
] as const) {
  test(`${call} that answers ${kind} is asked once and is fatal`, async () => {
    const { harness, clock } = make();
    using _ = harness;
    harness.controlPlane.exists = call !== 'create';
    harness.controlPlane.always = { [call]: serviceFailure(kind, 400) };
    harness.uploader.start();
    assert.ok(await clock.run(5_000, () => fatalOf(harness) !== undefined));
    assert.equal(calls(harness), expected);
  });
}

test('a stream that does not exist is created, tagged, and described again', async () => {
  const tags = { site: 'door' };
  const { harness, clock } = make({ tags, kmsKeyId: 'key', retentionHours: 24 });
  using _ = harness;
  harness.controlPlane.exists = false;
  harness.uploader.start();
  assert.ok(await clock.run(1000, isReady(harness)));
  await settle();
  assert.equal(calls(harness), '2/1/1/1');
  assert.deepEqual(harness.controlPlane.created, [
    {
      streamName: 'camera',
      deviceName: 'Kinesis_Video_Device',
      mediaType: 'video/h264',
      retentionHours: 24,
      kmsKeyId: 'key',
    },
  ]);
  assert.deepEqual(harness.controlPlane.tagged, [tags]);
});

test('a stream that does not exist and may not be created is fatal, and says what to do', async () => {
  const { harness, clock } = make({ allowStreamCreation: false });
  using _ = harness;
  harness.controlPlane.exists = false;
  harness.uploader.start();
  assert.ok(await clock.run(1000, () => fatalOf(harness) !== undefined));
  assert.equal(calls(harness), '1/0/0/0');
  const { error } = harness.heard.errors[0] ?? assert.fail();
  assert.equal(error.code, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR');
  assert.match(
    error.describe(),
    /camera does not exist and may not be created.*allow its creation/s,
  );
});

test('create that times out is tried again', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.exists = false;
  harness.controlPlane.faults.create = [serviceFailure('timeout'), serviceFailure('timeout')];
  harness.uploader.start();
  assert.ok(await clock.run(5_000, isReady(harness)));
  assert.equal(harness.controlPlane.calls.create, 3);
});

test('a stream that somebody else creates at the same time is used', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.exists = false;
  harness.controlPlane.faults.create = [serviceFailure('in-use', 400)];
  harness.uploader.start();
  await clock.run(300);
  harness.controlPlane.exists = true;
  assert.ok(await clock.run(10_000, isReady(harness)));
  assert.equal(fatalOf(harness), undefined);
});

test('a stream in CREATING or UPDATING is waited for with back-off; frames wait with it', async () => {
  await using service = new PutMediaService();
  await service.listen();
  const { harness, clock } = make({}, { endpoint: service.endpoint });
  using _ = harness;
  harness.controlPlane.statuses = ['CREATING', 'CREATING', 'UPDATING', 'UPDATING'];
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  producer.fragments(2);
  await clock.run(300);
  assert.equal(harness.heard.ready.length, 0);
  assert.deepEqual(harness.heard.errors, []);
  assert.ok(await clock.run(10_000, isReady(harness)));
  assert.equal(harness.controlPlane.calls.describe, 5);
  producer.complete();
  await harness.uploader.drain(10_000);
  assert.equal(service.persistedFrames.length, 6);
});

test('a stream that is being deleted is fatal', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.controlPlane.statuses = ['DELETING'];
  harness.uploader.start();
  assert.ok(await clock.run(1000, () => fatalOf(harness) !== undefined));
  assert.equal(fatalOf(harness), 'STATUS_STREAM_IS_BEING_DELETED_ERROR');
});

for (const kind of ['access-denied', 'timeout', 'invalid-argument'] as const) {
  test(`a tag call that fails (${kind}) never delays streaming and is reported`, async () => {
    const { harness, clock } = make({ tags: { a: 'b' } });
    using _ = harness;
    harness.controlPlane.always = { tag: serviceFailure(kind) };
    harness.uploader.start();
    assert.ok(await clock.run(500, isReady(harness)));
    assert.ok(await clock.run(30_000, () => harness.heard.errors.length > 0, 500));
    assert.deepEqual(harness.errorCodes, ['STATUS_TAG_STREAM_CALL_FAILED']);
    assert.equal(fatalOf(harness), undefined);
    assert.equal(harness.controlPlane.calls.tag, kind === 'invalid-argument' ? 1 : 6);
  });
}

test('retention is updated when asked for, and left alone otherwise', async () => {
  const asked = make({ updateRetention: true, retentionHours: 24 });
  using one = asked.harness;
  one.uploader.start();
  assert.ok(await asked.clock.run(1000, isReady(one)));
  await settle();
  assert.deepEqual(one.controlPlane.updates, [{ operation: 'INCREASE', hours: 22 }]);
  const unasked = make({ retentionHours: 1 });
  using other = unasked.harness;
  other.uploader.start();
  assert.ok(await unasked.clock.run(1000, isReady(other)));
  assert.deepEqual(other.controlPlane.updates, []);
});

test('credentials that cannot be had at all are fatal at the start, with the provider’s words', async () => {
  const reason = new KvsError('STATUS_NOT_FOUND', 'looked in the environment and found nothing');
  const { harness, clock } = make(
    {},
    { credentials: { name: 'environment', get: () => Promise.reject(reason) } },
  );
  using _ = harness;
  harness.uploader.start();
  assert.ok(await clock.run(5_000, () => fatalOf(harness) !== undefined));
  assert.equal(fatalOf(harness), 'STATUS_NOT_FOUND');
});

test('a credential service that does not answer is retried indefinitely', async () => {
  let tries = 0;
  const { harness, clock } = make(
    {},
    {
      credentials: {
        name: 'iot:alias',
        get: async () => {
          if (++tries < 9) throw serviceFailure('network');
          return { accessKeyId: 'a', secretAccessKey: 'b' };
        },
      },
    },
  );
  using _ = harness;
  harness.uploader.start();
  assert.ok(await clock.run(60_000, isReady(harness), 500));
  assert.equal(fatalOf(harness), undefined);
});

test('an endpoint of plain http on another machine is refused, unless it is allowed', async () => {
  const refused = make({}, { endpoint: 'http://192.0.2.1:80' });
  using one = refused.harness;
  one.uploader.start();
  assert.ok(await refused.clock.run(1000, () => fatalOf(one) !== undefined));
  const allowed = make({ allowInsecureHttp: true }, { endpoint: 'http://192.0.2.1:80' });
  using other = allowed.harness;
  other.uploader.start();
  assert.ok(await allowed.clock.run(1000, isReady(other)));
});

test('the stream can be closed in describe, create and endpoint, and nothing follows', async () => {
  for (const call of ['describe', 'create', 'endpoint'] as const) {
    const { harness, clock } = make();
    harness.controlPlane.exists = call !== 'create';
    harness.controlPlane.always = { [call]: serviceFailure('timeout') };
    harness.uploader.start();
    await clock.run(500);
    harness.uploader.close();
    const told = harness.heard.errors.length;
    const asked = calls(harness);
    await clock.run(30_000, undefined, 1000);
    assert.equal(calls(harness), asked, call);
    assert.equal(harness.heard.errors.length, told, call);
    assert.equal(harness.heard.connections.at(-1)?.kind, 'closed');
    harness[Symbol.dispose]();
  }
});

test('resetConnection before any frame is harmless', async () => {
  const { harness, clock } = make();
  using _ = harness;
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'test'));
  harness.uploader.start();
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'test'));
  assert.ok(await clock.run(1000, isReady(harness)));
  harness.uploader.resetConnection(new KvsError('STATUS_SUCCESS', 'test'));
  await clock.run(1000);
  assert.deepEqual(harness.heard.errors, []);
});

test('the endpoint is asked for once in 40 minutes, and again after a failure', async () => {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = () => ({ endAfter: 1 });
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  for (let round = 1; round <= 3; round++) {
    const isIdle = () => harness.heard.connections.at(-1)?.kind === 'idle';
    await waitFor(isIdle, 'there is nothing to do');
    producer.fragment();
    producer.complete(true);
    await waitFor(() => harness.source.size === 0, `fragment ${round} is settled`);
    await waitFor(isIdle, 'the service has ended the session');
  }
  assert.equal(service.sessions.length, 3);
  assert.equal(harness.controlPlane.calls.endpoint, 1);
  service.behave = (request) => (request === 3 ? { status: 500 } : {});
  producer.fragment();
  producer.complete(true);
  await waitFor(() => service.persistedFrames.length === 12, 'the last fragment is persisted');
  assert.equal(harness.controlPlane.calls.endpoint, 2);
});

test('a credential file that does not exist yet is reported and waited for indefinitely', async () => {
  const clock = new ManualClock();
  const folder = mkdtempSync(join(tmpdir(), 'kvs-credentials-'));
  const path = join(folder, 'credential');
  const file = credentialFile(path, systemClock, () => clock.nowMs());
  using harness = new Harness({
    endpoint: NOWHERE,
    clock,
    credentials: { name: 'file', get: () => file.fetch() },
  });
  harness.uploader.start();
  assert.ok(await clock.run(300_000, () => harness.heard.errors.length >= 8));
  assert.ok(harness.heard.errors.every(({ fatal }) => !fatal));
  assert.match(harness.heard.errors[0]?.error.message ?? '', /cannot be read/);
  writeFileSync(path, 'CREDENTIALS ONE SECRET');
  assert.ok(await clock.run(60_000, () => harness.heard.ready.length > 0), 'it goes on');
  rmSync(folder, { recursive: true });
});

/** Sends fragments in two sessions, the first of which the service ends; counts what was asked. */
async function callsOf(settings: Partial<UploaderSettings>, apart = 0) {
  await using service = new PutMediaService();
  await service.listen();
  service.behave = (request) => (request === 0 ? { endAfter: 2 } : {});
  const clock = new ManualClock();
  const { endpoint } = service;
  using harness = new Harness({
    endpoint,
    clock,
    settings: { tags: { site: 'x' }, retentionHours: 5, ...settings },
  });
  const producer = new TestProducer(harness.source);
  producer.fragments(3);
  harness.uploader.start();
  assert.ok(await clock.run(10_000, () => service.sessions[0]?.closed === true));
  await clock.run(apart);
  producer.fragments(3);
  producer.complete();
  const drained = harness.uploader.drain(60_000);
  assert.ok(await clock.run(30_000, () => harness.source.size === 0));
  await drained;
  const persisted = [...new Set(service.persistedFrames)];
  assert.deepEqual(persisted, [...Array(18).keys()]);
  assert.ok(service.sessions.length >= 2);
  return { ...harness.controlPlane.calls, sessions: service.sessions.length };
}

test('caching all: the stream is described and its endpoint asked for once', async () => {
  const { describe, tag, endpoint } = await callsOf({});
  assert.deepEqual({ describe, tag, endpoint }, { describe: 1, tag: 1, endpoint: 1 });
});

test('caching endpoint-only: the stream is never described, created or tagged', async () => {
  const { describe, create, tag, update, endpoint } = await callsOf({
    apiCallCaching: 'endpoint-only',
    updateRetention: true,
  });
  assert.deepEqual([describe, create, tag, update, endpoint], [0, 0, 0, 0, 1]);
});

test('caching none: everything is asked for each session', async () => {
  const { describe, endpoint, sessions } = await callsOf({ apiCallCaching: 'none' });
  assert.ok(describe >= sessions && endpoint >= sessions, `${describe} ${endpoint} ${sessions}`);
});

test('an endpoint is good for the caching period', async () => {
  const period = { apiCallCachingPeriodMs: 60_000 };
  assert.equal((await callsOf(period, 1_000)).endpoint, 1);
  assert.ok((await callsOf(period, 100_000)).endpoint >= 2);
});
