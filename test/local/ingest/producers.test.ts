import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { beginPutMedia, type PutMedia, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const HANDOVER_MS = 5_000;

async function twoProducers(
  t: Parameters<typeof startService>[0],
  options: { maxPutMediaPerStream?: number } = {},
): Promise<{ clock: ManualClock; first: PutMedia; second: PutMedia }> {
  const clock = new ManualClock();
  const { url } = await startService(t, { clock, limits: options });
  const signed = { date: new Date(clock.nowMs()) };
  await createStream(url, 'demo', {}, signed);
  const first = await putMedia(url, 'demo', signed);
  first.request.write(Buffer.concat([m.head(), m.cluster(1000), m.block(0)]));
  await first.waitFor(({ EventType }) => EventType === 'BUFFERING');
  const second = await putMedia(url, 'demo', signed);
  return { clock, first, second };
}

/** Sends one more fragment; resolves when it is persisted. */
async function goesOn(session: PutMedia, timecode: number, header = false): Promise<void> {
  const media = [m.cluster(timecode), m.block(0), m.END_OF_FRAGMENT];
  session.request.write(Buffer.concat([...(header ? [m.head()] : []), ...media]));
  await session.waitFor(
    (ack) => ack.EventType === 'PERSISTED' && ack.FragmentTimecode === timecode,
  );
}

test('a second producer closes the first, which has a moment to end and keeps what is whole', async (t) => {
  const { clock, first, second } = await twoProducers(t);
  await goesOn(first, 2000);
  await goesOn(second, 3000, true);
  first.request.write(Buffer.concat([m.cluster(4000), m.block(0), m.tags(['a', 'b'])]));
  await first.waitFor((ack) => ack.FragmentTimecode === 4000);
  clock.pass(HANDOVER_MS);
  const acks = await first.ended;
  assert.deepEqual(
    acks.filter(({ EventType }) => EventType === 'ERROR'),
    [],
  );
  assert.deepEqual(
    acks
      .filter(({ EventType }) => EventType === 'PERSISTED')
      .map(({ FragmentTimecode }) => FragmentTimecode),
    [1000, 2000, 4000],
  );
  await goesOn(second, 5000);
  second.request.destroy();
});

test('a producer that ends its session by itself gets all of its acks', async (t) => {
  const { clock, first, second } = await twoProducers(t);
  first.request.end();
  assert.equal((await first.ended).at(-1)?.EventType, 'PERSISTED');
  clock.pass(HANDOVER_MS);
  await goesOn(second, 2000, true);
  second.request.destroy();
});

test('as many producers go on as are allowed', async (t) => {
  const { clock, first, second } = await twoProducers(t, { maxPutMediaPerStream: 2 });
  clock.pass(HANDOVER_MS);
  await goesOn(first, 2000);
  await goesOn(second, 3000, true);
  for (const { request } of [first, second]) request.destroy();
});

test('with refuseProducers it is the second one that is refused, until the first has ended', async (t) => {
  const { url } = await startService(t, { behaviours: { refuseProducers: true } });
  await createStream(url, 'demo');
  const first = await putMedia(url, 'demo');
  const refused = await beginPutMedia(url, 'demo');
  refused.request.destroy();
  assert.deepEqual(
    [refused.response.statusCode, refused.response.headers['x-amzn-errortype']],
    [400, 'ConnectionLimitExceededException'],
  );
  first.request.end();
  await first.ended;
  const next = await putMedia(url, 'demo');
  next.request.destroy();
});
