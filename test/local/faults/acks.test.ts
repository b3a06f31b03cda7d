import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listFragments } from '../../support/list-fragments.ts';
import { createStream } from '../support/client.ts';
import { block, cluster, END_OF_FRAGMENT, head } from '../support/matroska.ts';
import { putDocument, putMedia, type WireAck } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

/** Fragments of a frame each, a second apart. */
function fragments(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.concat([cluster(i * 1_000), block(0), block(900), END_OF_FRAGMENT]),
  );
}

function inWords({ EventType, FragmentTimecode, ErrorId }: WireAck): string {
  return [EventType, FragmentTimecode, ErrorId].filter((part) => part !== undefined).join(' ');
}

test('an error takes the place of any acknowledgement, and its fragment is not stored', async (t) => {
  const { url, faults, streams } = await startService(t);
  for (const [event, before] of [
    ['BUFFERING', []],
    ['RECEIVED', ['BUFFERING 1000']],
    ['PERSISTED', ['BUFFERING 1000', 'RECEIVED 1000']],
  ] as const) {
    await createStream(url, event);
    using _fault = faults.add({ kind: 'error-ack', errorId: 5001, event, stream: event, skip: 1 });
    const acks = await putDocument(url, event, Buffer.concat([head(), ...fragments(3)]));
    assert.deepEqual(acks.map(inWords), [
      ...['BUFFERING 0', 'RECEIVED 0', ...before],
      ...['PERSISTED 0', 'ERROR 1000 5001'],
    ]);
    assert.equal(acks.at(-1)?.ErrorCode, 'ARCHIVAL_ERROR');
    const stored = await listFragments(streams.byName(event)?.fragments);
    assert.deepEqual(
      stored.map(({ timecode }) => timecode),
      [0],
      event,
    );
  }
});

test('acknowledgements are withheld, one kind of them or all', async (t) => {
  const { url, faults, streams } = await startService(t);
  await createStream(url, 'demo', {});
  const document = Buffer.concat([head(), ...fragments(2)]);
  {
    using fault = faults.add({ kind: 'withhold-acks', event: 'PERSISTED', count: 1 });
    const acks = (await putDocument(url, 'demo', document)).map(inWords);
    assert.deepEqual(
      acks.filter((ack) => ack.startsWith('PERSISTED')),
      ['PERSISTED 1000'],
    );
    assert.equal(acks.length, 5);
    assert.equal(fault.strikes, 1);
  }
  using _fault = faults.add({ kind: 'withhold-acks' });
  assert.deepEqual(await putDocument(url, 'demo', document), []);
  assert.equal((await listFragments(streams.byName('demo')?.fragments)).length, 2);
});

test('late acknowledgements keep their order, and come at once when the fault is removed', async (t) => {
  const { url, faults } = await startService(t);
  await createStream(url, 'demo');
  const fault = faults.add({ kind: 'delay-acks', event: 'RECEIVED', delayMs: 86_400_000 });
  const [first, second] = fragments(2);
  const session = await putMedia(url, 'demo');
  session.request.write(Buffer.concat([head(), first ?? Buffer.alloc(0)]));
  await session.waitFor(({ EventType }) => EventType === 'BUFFERING');
  await fault.struck();
  session.request.end(second);
  await fault.struck(2);
  assert.deepEqual(session.acks.map(inWords), ['BUFFERING 0']);
  fault.remove();
  const acks = (await session.ended).map(inWords);
  assert.deepEqual(
    acks.filter((ack) => !ack.startsWith('PERSISTED')),
    ['BUFFERING 0', 'RECEIVED 0', 'BUFFERING 1000', 'RECEIVED 1000'],
  );
});
