import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { UploaderSettings } from '../../src/putmedia/uploader-api.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { Harness, waitFor } from './support/harness.ts';
import { TestProducer } from './support/media.ts';
import { PutMediaService } from './support/put-media-service.ts';
import { selfSigned } from './support/tls.ts';

const tls = selfSigned();
function frames(count: number): number[] {
  return [...Array(count).keys()];
}
function unique(numbers: number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

type Rig = {
  readonly service: PutMediaService;
  readonly proxy: FaultProxy;
  readonly harness: Harness;
  readonly producer: TestProducer;
};

/** A stream over TLS through a network that a test can spoil. */
async function overProxy(
  run: (rig: Rig) => Promise<void>,
  options: { frameBytes?: number; settings?: Partial<UploaderSettings> } = {},
): Promise<void> {
  await using service = new PutMediaService(tls);
  await service.listen();
  await using proxy = new FaultProxy();
  await proxy.listen(service.port);
  const endpoint = `https://localhost:${proxy.port}`;
  using harness = new Harness({ endpoint, ca: tls.cert, settings: options.settings ?? {} });
  const { frameBytes = 64 } = options;
  const producer = new TestProducer(harness.source, { frameBytes });
  await run({ service, proxy, harness, producer });
  assert.deepEqual(service.problems, []);
}

async function drained({ harness, producer, service }: Rig): Promise<void> {
  producer.complete();
  await harness.uploader.drain(60_000);
  assert.deepEqual(unique(service.persistedFrames), frames(producer.frames));
  assert.equal(harness.source.pinned, 0);
}

test('over TLS: 20 MB in large frames arrive whole', async () => {
  await overProxy(
    async (rig) => {
      rig.harness.uploader.start();
      rig.producer.fragments(20, 5);
      await drained(rig);
      assert.equal(rig.service.sessions.length, 1);
      assert.ok(rig.harness.uploader.counters.transferredBytes > 20_000_000);
    },
    { frameBytes: 200_000 },
  );
});

test('over TLS: a certificate of an unknown CA is reported and never trusted', async () => {
  await using service = new PutMediaService(tls);
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  new TestProducer(harness.source).fragment();
  harness.uploader.start();
  await waitFor(() => harness.heard.errors.length > 0, 'it is reported');
  const { error } = harness.heard.errors[0] ?? assert.fail();
  assert.equal(error.failure?.kind, 'tls');
  assert.match(error.describe(), /KVSSINK_CA_CERT_PATH/);
  assert.equal(service.sessions.length, 0);
});

test('a slow network cut into small pieces, both ways', async () => {
  await overProxy(
    async (rig) => {
      Object.assign(rig.proxy.up, { bandwidth: 4_000_000, sliceBytes: 1000, latencyMs: 5 });
      Object.assign(rig.proxy.down, { sliceBytes: 3, latencyMs: 5 });
      rig.harness.uploader.start();
      rig.producer.fragments(10, 5);
      await drained(rig);
      assert.equal(rig.service.sessions.length, 1);
      assert.deepEqual(rig.harness.heard.errors, []);
    },
    { frameBytes: 20_000 },
  );
});

test('a network that stalls and goes on loses nothing and needs no new session', async () => {
  await overProxy(
    async (rig) => {
      rig.harness.uploader.start();
      rig.producer.fragments(3);
      await waitFor(() => rig.service.persistedFrames.length === 6, 'two are persisted');
      rig.proxy.up.isStalled = true;
      rig.proxy.down.isStalled = true;
      rig.producer.fragments(20);
      await new Promise((resolve) => setTimeout(resolve, 100));
      rig.proxy.resume();
      await drained(rig);
      assert.equal(rig.service.sessions.length, 1);
    },
    { frameBytes: 100_000 },
  );
});

test('a network that resets again and again loses nothing', async () => {
  await overProxy(
    async (rig) => {
      rig.harness.uploader.start();
      for (let round = 0; round < 4; round++) {
        rig.producer.fragments(3);
        const wanted = round + 1;
        await waitFor(() => rig.service.sessions.length >= wanted, 'a session is there');
        rig.proxy.reset();
      }
      await drained(rig);
      assert.ok(rig.service.sessions.length >= 5);
    },
    { frameBytes: 50_000 },
  );
});

test('a service that closes its half of the connection is noticed, and nothing is lost', async () => {
  await overProxy(async (rig) => {
    rig.harness.uploader.start();
    rig.producer.fragments(3);
    await waitFor(() => rig.service.persistedFrames.length === 6, 'two are persisted');
    rig.proxy.halfClose();
    await waitFor(() => rig.service.sessions.length === 2, 'there is a second session');
    rig.producer.fragments(2);
    await drained(rig);
  });
});

test('a network that refuses every second connection', async () => {
  await overProxy(async (rig) => {
    rig.proxy.isAccepting = false;
    rig.harness.uploader.start();
    rig.producer.fragments(3);
    await waitFor(() => rig.harness.heard.errors.length >= 2, 'refusals are reported');
    assert.equal(rig.harness.errorCodes[0], 'STATUS_SERVICE_CALL_UNKOWN_ERROR');
    rig.proxy.isAccepting = true;
    await drained(rig);
  });
});

test('a connection that is never made is given up after the connect time-out', async () => {
  await overProxy(
    async (rig) => {
      rig.proxy.up.isStalled = true;
      rig.proxy.down.isStalled = true;
      rig.harness.uploader.start();
      rig.producer.fragments(3);
      await waitFor(() => rig.harness.heard.errors.length >= 1, 'it is reported');
      assert.equal(rig.harness.errorCodes[0], 'STATUS_SERVICE_CALL_TIMEOUT_ERROR');
      rig.proxy.resume();
      await drained(rig);
    },
    { settings: { connectTimeoutMs: 1_000 } },
  );
});

test('a frame is on the wire in the tick in which it was committed', async () => {
  await overProxy(async (rig) => {
    rig.harness.uploader.start();
    rig.producer.begin();
    rig.producer.frame();
    await waitFor(() => rig.service.sessions[0]?.fragments[0]?.frames.length === 1, 'it arrives');
    for (let frame = 2; frame < 20; frame++) {
      rig.producer.frame();
      await waitFor(
        () => rig.service.sessions[0]?.fragments[0]?.frames.length === frame,
        'a frame arrives though nothing follows it',
      );
    }
    await drained(rig);
  });
});

test('the request on the wire: HTTP/1.1, chunked, signed, and no Expect', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({ endpoint: service.endpoint });
  const producer = new TestProducer(harness.source);
  producer.fragment();
  producer.complete();
  harness.uploader.start();
  await harness.uploader.drain(10_000);
  const session = service.sessions[0] ?? assert.fail();
  const names = session.rawHeaders
    .filter((_, at) => at % 2 === 0)
    .map((name) => name.toLowerCase());
  assert.deepEqual(names.toSorted(), [
    'accept',
    'authorization',
    'connection',
    'content-type',
    'host',
    'transfer-encoding',
    'user-agent',
    'x-amz-date',
    'x-amzn-fragment-acknowledgment-required',
    'x-amzn-fragment-timecode-type',
    'x-amzn-producer-start-timestamp',
    'x-amzn-stream-name',
  ]);
  const { headers } = session;
  assert.equal(headers['transfer-encoding'], 'chunked');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers.connection, 'keep-alive');
  assert.match(headers['x-amzn-producer-start-timestamp']?.toString() ?? '', /^\d{10}\.\d{3}$/);
  assert.match(
    headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-west-2\/kinesisvideo\//,
  );
});

test('KVS_DEBUG_DUMP_DATA_FILE_DIR: each session’s bytes are in a file of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-launch-dump-'));
  try {
    await using service = new PutMediaService();
    await service.listen();
    service.behave = (request) => (request === 0 ? { resetAt: 2 } : {});
    using harness = new Harness({
      endpoint: service.endpoint,
      settings: { dumpDirectory: folder },
    });
    const producer = new TestProducer(harness.source);
    producer.fragments(4);
    producer.complete();
    harness.uploader.start();
    await harness.uploader.drain(10_000);
    assert.deepEqual(readdirSync(folder).toSorted(), ['camera_0.mkv', 'camera_1.mkv']);
    const dumped = readFileSync(join(folder, 'camera_1.mkv'));
    assert.equal(dumped.byteLength, service.sessions[1]?.bytes);
    assert.deepEqual(dumped.subarray(0, 4), Buffer.from('1a45dfa3', 'hex'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a dump folder that does not exist never stops the stream', async () => {
  await using service = new PutMediaService();
  await service.listen();
  using harness = new Harness({
    endpoint: service.endpoint,
    settings: { dumpDirectory: '/nonexistent/folder' },
  });
  const producer = new TestProducer(harness.source);
  producer.fragment();
  producer.complete();
  harness.uploader.start();
  await harness.uploader.drain(10_000);
  assert.deepEqual(service.persistedFrames, frames(3));
});
