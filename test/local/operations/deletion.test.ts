import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService, temporaryFolder } from '../support/service.ts';

function storedNames(dataDir: string): string[] {
  const text = readFileSync(join(dataDir, 'streams.json'), 'utf8');
  return (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
}

test('a stream is deleted once, however often it is asked for, and not its successor of the name', async (t) => {
  const clock = new ManualClock();
  const signed = { date: new Date(clock.nowMs()) };
  const dataDir = temporaryFolder(t);
  const behaviours = { deleteStreamMs: 60_000 };
  const first = await startService(t, { clock, behaviours, dataDir });
  const StreamARN = await createStream(first.url, 'demo', {}, signed);
  const remove = () => call(first.url, '/deleteStream', { StreamARN }, signed);
  assert.equal((await remove()).status, 200);
  clock.pass(30_000);
  const again = await remove();
  assert.deepEqual([again.status, again.errorType], [400, 'ResourceInUseException']);
  clock.pass(30_000);
  while (first.streams.byName('demo') !== undefined) await settle();
  await createStream(first.url, 'demo', {}, signed);
  await putDocument(first.url, 'demo', h264Document(), signed);
  clock.pass(30_000);
  await settle();
  await first.close();
  const second = await startService(t, { clock, dataDir });
  await second.streams.byName('demo')?.fragments.ready();
  assert.equal(second.streams.byName('demo')?.fragments.totals.fragments, 3);
});

test('a service that has ended deletes nothing that another one has since', async (t) => {
  const clock = new ManualClock();
  const signed = { date: new Date(clock.nowMs()) };
  const dataDir = temporaryFolder(t);
  const first = await startService(t, { clock, behaviours: { deleteStreamMs: 60_000 }, dataDir });
  const StreamARN = await createStream(first.url, 'demo', {}, signed);
  await call(first.url, '/deleteStream', { StreamARN }, signed);
  await first.close();
  const second = await startService(t, { dataDir });
  assert.equal(second.streams.byName('demo'), undefined);
  await createStream(second.url, 'demo');
  await createStream(second.url, 'other');
  clock.pass(60_000);
  await settle(10);
  assert.deepEqual(storedNames(dataDir), ['demo', 'other']);
});

test('the media of a stream that is being deleted is out of reach, by name and by ARN', async (t) => {
  const { url } = await startService(t, { behaviours: { deleteStreamMs: 60_000 } });
  const StreamARN = await createStream(url, 'demo');
  await putDocument(url, 'demo', h264Document());
  const TimestampRange = { StartTimestamp: 0, EndTimestamp: 10 };
  const selector = { FragmentSelectorType: 'PRODUCER_TIMESTAMP', TimestampRange };
  const image = { ImageSelectorType: 'PRODUCER_TIMESTAMP', Format: 'JPEG', ...TimestampRange };
  const calls = [
    ['/getMedia', { StartSelector: { StartSelectorType: 'EARLIEST' } }],
    ['/listFragments', {}],
    ['/getMediaForFragmentList', { Fragments: ['1'] }],
    ['/getHLSStreamingSessionURL', { PlaybackMode: 'ON_DEMAND', HLSFragmentSelector: selector }],
    ['/getDASHStreamingSessionURL', { PlaybackMode: 'ON_DEMAND', DASHFragmentSelector: selector }],
    ['/getClip', { ClipFragmentSelector: selector }],
    ['/getImages', image],
  ] as const;
  await call(url, '/deleteStream', { StreamARN });
  for (const [path, input] of calls) {
    for (const reference of [{ StreamName: 'demo' }, { StreamARN }]) {
      const { status, errorType } = await call(url, path, { ...reference, ...input });
      assert.deepEqual([status, errorType], [404, 'ResourceNotFoundException'], path);
    }
  }
});
