import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startLocalService } from '../../src/local/service.ts';
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
  const fragments = first.streams.byName('demo')?.fragments.list();
  await first.close();

  const second = await startService(t, { dataDir });
  assert.deepEqual(
    (await call(second.url, '/describeStream', { StreamName: 'demo' })).body,
    before.body,
  );
  assert.deepEqual(second.streams.byName('demo')?.fragments.list(), fragments);
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

test('a port that is taken is an error, and leaves nothing behind', async (t) => {
  const { url } = await startService(t);
  const port = Number(new URL(url).port);
  await assert.rejects(startLocalService({ dataDir: temporaryFolder(t), port }), /EADDRINUSE/);
  await assert.rejects(
    startLocalService({ dataDir: temporaryFolder(t), tlsPort: port }),
    /EADDRINUSE/,
  );
});

test('a damaged streams.json is an error that names the file, not an empty service', async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { dataDir });
  await createStream(first.url, 'demo');
  await first.close();
  const file = join(dataDir, 'streams.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.slice(0, -20));
  await assert.rejects(startLocalService({ dataDir }), /streams\.json/);
});
