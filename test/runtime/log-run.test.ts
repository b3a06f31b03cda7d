import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import { pinoLogger } from '../../src/runtime/pino-logger.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from '../e2e/support/run.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { frame, VIDEO, videoUnit } from '../producer/support/media.ts';
import { Harness } from '../putmedia/support/harness.ts';
import { TestProducer } from '../putmedia/support/media.ts';
import { ackLine, PutMediaService } from '../putmedia/support/put-media-service.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { logLines } from './log-lines.ts';

test('a storm of bad acknowledgements is a line a second, with session, fragment and number', async (t) => {
  const file = join(temporaryFolder(t), 'log');
  await using service = new PutMediaService();
  await service.listen();
  // Each acknowledgement of a fragment comes with forty of fragments that nobody sent.
  service.behave = () => ({
    ackText: (type, { timecode }) => [
      ...Array.from({ length: 40 }, (_, i) => ackLine(type, 900_000_000 + i)),
      ackLine(type, timecode),
    ],
  });
  const clock = new ManualClock();
  const log = pinoLogger(pino(pino.destination({ dest: file, sync: true }))).child({ stream: 'c' });
  using harness = new Harness({ endpoint: service.endpoint, clock, log });
  const producer = new TestProducer(harness.source);
  harness.uploader.start();
  const startMs = clock.monotonicMs();
  for (let i = 0; i < 8; i++) {
    producer.fragment();
    await clock.run(500);
  }
  const seconds = (clock.monotonicMs() - startMs) / 1000;
  harness.uploader.close();
  const told = harness.heard.errors.length;
  assert.ok(told >= 6 * 3 * 40, `the application hears everything: ${told}`);
  const storm = logLines(file).filter(({ msg }) =>
    /which session \d+ did not send/.test(String(msg)),
  );
  assert.ok(storm.length <= seconds + 2, `${storm.length} lines in ${seconds} s`);
  const counted = storm.reduce((sum, { times }) => sum + Number(times ?? 1), 0);
  assert.equal(counted, told, 'every one is counted');
  assert.ok(storm.some(({ msg }) => /… \d+ more in the last second/.test(String(msg))));
  for (const line of storm) {
    assert.equal(line['stream'], 'c');
    assert.equal(line['session'], harness.heard.acks[0]?.session);
    assert.equal(line['level'], 40);
  }
});

const ACCESS_KEY = 'AKIAPLANTEDACCESSKEY';
const SECRET = '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';
const TOKEN = 'plantedTOKEN//plantedTOKEN++plantedTOKEN==';

function assertClean(text: string, ...more: string[]): void {
  for (const secret of [ACCESS_KEY, SECRET, TOKEN, encodeURIComponent(TOKEN), ...more]) {
    assert.ok(!text.includes(secret), `${secret} is in: ${text.slice(0, 4000)}`);
  }
}

test('a service that echoes keys, token and signature: none is in the log or in an error', async (t) => {
  const file = join(temporaryFolder(t), 'log');
  let signature = '';
  const server = createServer((request, response) => {
    const { authorization = '', ...headers } = request.headers;
    signature = /Signature=(\w+)/.exec(authorization)?.[1] ?? signature;
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${String(value)}`);
    const message = `The Canonical String should have been 'POST\n/\n\n${lines.join('\n')}' for Authorization: ${authorization}`;
    response.writeHead(403, { 'x-amzn-ErrorType': 'InvalidSignatureException' });
    response.end(JSON.stringify({ message }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const texts: string[] = [];
  // A pino logger as it is, which is what most programs have.
  const producer = new KinesisVideoProducer({
    logger: pino({ level: 'debug' }, pino.destination({ dest: file, sync: true })),
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET, sessionToken: TOKEN },
    env: {},
  });
  const stream = producer.createStream({ streamName: 'door', tags: { site: 'x' } });
  const failed = new Promise<void>((resolve) => {
    stream.on('streamError', ({ error, fatal }) => {
      texts.push(error.describe());
      if (fatal) resolve();
    });
  });
  stream.setTrackFormat(1, VIDEO);
  stream.putFrame(frame(1, 0, videoUnit(1, true), { isKeyFrame: true }));
  await failed;
  producer.close();
  const log = readFileSync(file, 'utf8');
  assert.match(log, /InvalidSignatureException.*\[redacted\]/);
  assert.ok(logLines(file).some((line) => line['stream'] === 'door'));
  assert.notEqual(signature, '');
  assertClean(log + texts.join('\n'), signature);
});

for (const way of WAYS) {
  test(`${way}: KVS_LOG_FILE gets the run as JSON lines; no planted secret is in any output`, async (t) => {
    const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET };
    const service = await startService(t, {
      credentials: new Map([[ACCESS_KEY, { ...credentials, sessionToken: TOKEN }]]),
    });
    const file = join(temporaryFolder(t), 'kvs.log');
    const running = startPipeline(
      t,
      way,
      words(
        'videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120 ! x264enc key-int-max=30 ! h264parse ! kvssink stream-name=logged log-level=debug',
      ),
      pipelineEnvironment(service.url, {
        AWS_ACCESS_KEY_ID: ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY: SECRET,
        AWS_SESSION_TOKEN: TOKEN,
        KVS_LOG_FILE: file,
        KVS_LOG_LEVEL: 'debug',
        GST_DEBUG: 'kvssink:6',
      }),
    );
    const { code, stdout, stderr } = await running.finished;
    assert.equal(code, 0, stdout + stderr);
    const lines = logLines(file);
    const closed = lines.find(({ msg }) => msg === 'session closed');
    assert.equal(closed?.['stream'], 'logged');
    assert.equal(typeof closed?.['session'], 'number');
    assert.ok(lines.some(({ msg, fragment }) => msg === 'session opened' && fragment === 0));
    assert.match(stderr, /session closed/, 'the GStreamer debug log has it as well');
    assertClean(stdout + stderr + readFileSync(file, 'utf8'));
  });
}
