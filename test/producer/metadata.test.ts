import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { VIDEO_TRACK, video } from './support/media.ts';
import { makeRig, type Rig } from './support/rig.ts';

const TRACK = { trackInfoList: VIDEO_TRACK ?? [] };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KvsError && error.code === code;
}

/** Puts second number `n` of video: one fragment. */
function putSecond(rig: Rig, n: number): void {
  for (const one of video(30, { startMs: n * 1000, firstId: n * 30 })) rig.stream.putFrame(one);
}

/** Tags in front of each cluster, `name=value`. */
function tagsOf(rig: Rig): string[][] {
  const [session] = rig.sink.read();
  return (session?.clusters ?? []).map(({ tags }) => tags.map((t) => `${t.name}=${t.value}`));
}

test('metadata put before the first frame goes with the first fragment, once', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.putFragmentMetadata('Motion', 'true', false);
  for (let n = 0; n < 3; n++) putSecond(rig, n);
  await rig.stream.stop();
  assert.deepEqual(tagsOf(rig), [['Motion=true'], [], []]);
});

test('metadata put in mid-fragment goes with the next one, several of one name in their order', async () => {
  const rig = await makeRig(TRACK);
  putSecond(rig, 0);
  rig.stream.putFragmentMetadata('a', '1', false);
  rig.stream.putFragmentMetadata('a', '2', false);
  putSecond(rig, 1);
  await rig.stream.stop();
  assert.deepEqual(tagsOf(rig), [[], ['a=1', 'a=2']]);
});

test('persistent metadata goes with every fragment until it is replaced or taken back', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.putFragmentMetadata('Lat', '1', true);
  putSecond(rig, 0);
  putSecond(rig, 1);
  rig.stream.putFragmentMetadata('Lat', '2', true);
  putSecond(rig, 2);
  rig.stream.putFragmentMetadata('Lat', '', true);
  putSecond(rig, 3);
  await rig.stream.stop();
  assert.deepEqual(tagsOf(rig), [['Lat=1'], ['Lat=1'], ['Lat=2'], []]);
});

test('at the end of a fragment, and of the stream, what never went out goes before the tag', async () => {
  const rig = await makeRig(TRACK);
  rig.stream.putFragmentMetadata('always', '1', true);
  putSecond(rig, 0);
  rig.stream.putFragmentMetadata('late', '1', false);
  await rig.stream.stop();
  const [session] = rig.sink.read();
  assert.deepEqual(
    session?.endTags.map(({ name }) => name),
    ['late', 'AWS_KINESISVIDEO_END_OF_FRAGMENT'],
  );
});

test('ten items go with a fragment, the others with the next ones', async () => {
  const rig = await makeRig(TRACK);
  for (let i = 0; i < 25; i++) rig.stream.putFragmentMetadata('n', String(i), false);
  for (let n = 0; n < 3; n++) putSecond(rig, n);
  await rig.stream.stop();
  assert.deepEqual(
    tagsOf(rig).map(({ length }) => length),
    [10, 10, 5],
  );
});

test('25 items may wait: non-persistent, persistent and mixed', async () => {
  for (const kind of ['non-persistent', 'persistent', 'mixed']) {
    const rig = await makeRig(TRACK);
    const isPersistent = (i: number): boolean =>
      kind === 'persistent' || (kind === 'mixed' && i % 2 === 0);
    for (let i = 0; i < 25; i++) rig.stream.putFragmentMetadata(`n${i}`, 'v', isPersistent(i));
    const oneMore = (): void => rig.stream.putFragmentMetadata('one more', 'v', false);
    assert.throws(oneMore, hasCode('STATUS_MAX_FRAGMENT_METADATA_COUNT'));
    if (kind !== 'non-persistent') rig.stream.putFragmentMetadata('n0', 'w', true);
    rig.producer.close();
  }
});

test('with more than ten persistent items each has its turn', async () => {
  const rig = await makeRig(TRACK);
  for (let i = 0; i < 12; i++) rig.stream.putFragmentMetadata(`n${i}`, 'v', true);
  for (let n = 0; n < 3; n++) putSecond(rig, n);
  await rig.stream.stop();
  const seen = new Set(tagsOf(rig).flat());
  assert.equal(seen.size, 12);
});

test('names and values: lengths, nothing, and the reserved prefix', async () => {
  const rig = await makeRig(TRACK);
  const { stream } = rig;
  const put = (name: string, value: string) => () => stream.putFragmentMetadata(name, value, false);
  assert.throws(put('AWSthing', 'v'), hasCode('STATUS_INVALID_METADATA_NAME'));
  assert.throws(put('', 'v'), hasCode('STATUS_MKV_INVALID_TAG_NAME_LENGTH'));
  assert.throws(put('n'.repeat(129), 'v'), hasCode('STATUS_MKV_INVALID_TAG_NAME_LENGTH'));
  assert.throws(put('n', 'v'.repeat(257)), hasCode('STATUS_MKV_INVALID_TAG_VALUE_LENGTH'));
  put('n'.repeat(128), 'v'.repeat(256))();
  put('aws', '')();
  rig.producer.close();
});

test('two events for which there is no room are both refused', async () => {
  const rig = await makeRig(TRACK);
  putSecond(rig, 0);
  for (let i = 0; i < 24; i++) rig.stream.putFragmentMetadata(`n${i}`, 'v', false);
  const both = ['notification', 'image-generation'] as const;
  assert.throws(
    () => rig.stream.putEventMetadata(both),
    hasCode('STATUS_MAX_FRAGMENT_METADATA_COUNT'),
  );
  rig.stream.putEventMetadata('notification');
  rig.producer.close();
});

test('metadata of a stopped stream is refused', async () => {
  const rig = await makeRig(TRACK);
  await rig.stream.stop();
  assert.throws(
    () => rig.stream.putFragmentMetadata('n', 'v'),
    hasCode('STATUS_STREAM_HAS_BEEN_STOPPED'),
  );
});

test('events go with the next fragment as one tag with their pairs, once', async () => {
  const rig = await makeRig(TRACK);
  assert.throws(
    () => rig.stream.putEventMetadata('notification'),
    hasCode('STATUS_STREAM_NOT_STARTED'),
  );
  putSecond(rig, 0);
  rig.stream.putEventMetadata(['notification', 'image-generation'], {
    imagePrefix: 'door/',
    pairs: { who: 'me' },
  });
  putSecond(rig, 1);
  putSecond(rig, 2);
  await rig.stream.stop();
  assert.deepEqual(tagsOf(rig), [
    [],
    [
      'AWS_KINESISVIDEO_NOTIFICATION=',
      'who=me',
      'AWS_KINESISVIDEO_IMAGE_GENERATION=',
      'AWS_KINESISVIDEO_IMAGE_PREFIX=door/',
      'who=me',
    ],
    [],
  ]);
});

test('9.3, 9.8 the same event twice, and what its pairs may be', async () => {
  const rig = await makeRig(TRACK);
  putSecond(rig, 0);
  const { stream } = rig;
  stream.putEventMetadata('notification');
  const again = (): void => stream.putEventMetadata('notification');
  assert.throws(again, hasCode('STATUS_DUPLICATE_STREAM_EVENT_TYPE'));
  const image = (metadata: Parameters<typeof stream.putEventMetadata>[1]) => () =>
    stream.putEventMetadata('image-generation', metadata);
  assert.throws(
    image({ imagePrefix: 'p'.repeat(257) }),
    hasCode('STATUS_INVALID_IMAGE_PREFIX_LENGTH'),
  );
  assert.throws(image({ imagePrefix: 'AWS' }), hasCode('STATUS_INVALID_METADATA_NAME'));
  assert.throws(image({ pairs: { AWSx: 'v' } }), hasCode('STATUS_INVALID_METADATA_NAME'));
  assert.throws(
    image({ pairs: { ['k'.repeat(129)]: 'v' } }),
    hasCode('STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH'),
  );
  assert.throws(
    image({ pairs: { k: 'v'.repeat(257) } }),
    hasCode('STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH'),
  );
  rig.producer.close();
});

test('metadata is part of the stored bytes, so it is sent again with its fragment', async () => {
  const rig = await makeRig(TRACK, { persists: false });
  rig.stream.putFragmentMetadata('Motion', 'true', false);
  putSecond(rig, 0);
  const fragment = rig.sink.source.oldest;
  assert.ok(fragment);
  for (let round = 0; round < 2; round++) {
    const bytes = Buffer.from(rig.sink.source.read(fragment, 0, 200) ?? []);
    assert.ok(bytes.includes('Motion'));
  }
  rig.producer.close();
});
