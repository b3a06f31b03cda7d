import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { storedFragments } from '../../support/stored-fragments.ts';
import { answerOf, call, createStream, open, sign, textOf } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

type Info = {
  StreamName: string;
  StreamARN: string;
  Version: string;
  Status: string;
  DataRetentionInHours: number;
  CreationTime: number;
  MediaType?: string;
  DeviceName?: string;
};

async function describe(url: string, StreamName: string): Promise<Info> {
  const { body, status } = await call(url, '/describeStream', { StreamName });
  assert.equal(status, 200, JSON.stringify(body));
  return body['StreamInfo'] as Info;
}

test('CreateStream answers an ARN of region, account, name and time; DescribeStream tells the rest', async (t) => {
  const { url } = await startService(t, { accountId: '000011112222' });
  const created = await call(
    url,
    '/createStream',
    {
      StreamName: 'front-door',
      DeviceName: 'cam',
      MediaType: 'video/h264,audio/aac',
      DataRetentionInHours: 2,
      Tags: { room: 'hall' },
    },
    { region: 'eu-west-1' },
  );
  assert.equal(created.status, 200);
  const info = await describe(url, 'front-door');
  assert.match(
    info.StreamARN,
    /^arn:aws:kinesisvideo:eu-west-1:000011112222:stream\/front-door\/\d{13}$/,
  );
  assert.equal(created.body['StreamARN'], info.StreamARN);
  assert.match(info.Version, /^[A-Za-z0-9]{20}$/);
  assert.equal(info.Status, 'ACTIVE');
  assert.equal(info.DataRetentionInHours, 2);
  assert.equal(info.MediaType, 'video/h264,audio/aac');
  assert.equal(info.DeviceName, 'cam');
  assert.ok(Math.abs(info.CreationTime * 1000 - Date.now()) < 60_000);
});

test("tag keys that begin with aws: are AWS's own, whoever sets them", async (t) => {
  const { url } = await startService(t);
  const refused = await call(url, '/createStream', { StreamName: 'a', Tags: { 'aws:a': 'b' } });
  assert.deepEqual([refused.status, refused.errorType], [400, 'InvalidArgumentException']);
  await createStream(url, 'demo');
  const { StreamARN } = await describe(url, 'demo');
  for (const [path, input] of [
    ['/tagStream', { StreamName: 'demo', Tags: { 'AWS:a': 'b' } }],
    ['/TagResource', { ResourceARN: StreamARN, Tags: [{ Key: 'aws:a', Value: 'b' }] }],
  ] as const) {
    const { errorType, body } = await call(url, path, input);
    assert.equal(errorType, 'InvalidArgumentException', path);
    assert.match(String(body['Message']), /aws:a .*reserved for AWS/i);
  }
  const { body } = await call(url, '/tagStream', { StreamName: 'demo', Tags: { awsome: 'b' } });
  assert.deepEqual(body, {});
});

test('CreateStream refuses a second stream of the name, bad names and too long a retention', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const again = await call(url, '/createStream', { StreamName: 'demo' });
  assert.deepEqual([again.status, again.errorType], [400, 'ResourceInUseException']);
  assert.ok(String(again.body['Message']).includes('demo'));
  for (const input of [
    {},
    { StreamName: '' },
    { StreamName: 'a b' },
    { StreamName: 'x'.repeat(257) },
    { StreamName: 'y', DataRetentionInHours: -1 },
    { StreamName: 'y', DataRetentionInHours: 87_601 },
    { StreamName: 'y', MediaType: 'video' },
    { StreamName: 'y', Tags: {} },
  ]) {
    const answer = await call(url, '/createStream', input);
    assert.deepEqual(
      [answer.status, answer.errorType],
      [400, 'InvalidArgumentException'],
      JSON.stringify(input),
    );
  }
});

test('only one of many CreateStream calls at once succeeds', async (t) => {
  const { url } = await startService(t);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call(url, '/createStream', { StreamName: 'race' })),
  );
  assert.deepEqual(
    answers.map((answer) => answer.status).sort(),
    [200, 400, 400, 400, 400, 400, 400, 400],
  );
});

test('names that are no file names work, and stay in the data folder', async (t) => {
  const { url, dataDir, streams } = await startService(t);
  for (const name of ['..', '.', '-rf', 'x'.repeat(256)]) {
    await createStream(url, name);
    await putDocument(url, name, h264Document());
    const folder = streams.byName(name)?.record.folder ?? '';
    assert.equal(basename(folder), folder);
    assert.ok(storedFragments(join(dataDir, 'streams', folder)).length > 0, folder);
  }
  assert.deepEqual(readdirSync(dataDir).sort(), ['lock', 'streams', 'streams.json']);
});

test('DescribeStream takes a name or an ARN, and says what it does not find', async (t) => {
  const { url } = await startService(t);
  const StreamARN = await createStream(url, 'demo');
  assert.equal((await call(url, '/describeStream', { StreamARN })).status, 200);
  const neither = await call(url, '/describeStream', {});
  assert.deepEqual([neither.status, neither.errorType], [400, 'InvalidArgumentException']);
  const missing = await call(url, '/describeStream', { StreamName: 'none' });
  assert.deepEqual([missing.status, missing.errorType], [404, 'ResourceNotFoundException']);
  const older = StreamARN.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
  assert.equal((await call(url, '/describeStream', { StreamARN: older })).status, 404);
});

test('a stream is CREATING, UPDATING and DELETING for as long as it was asked to be', async (t) => {
  const { url } = await startService(t, {
    behaviours: { createStreamMs: 60_000, updateStreamMs: 60_000, deleteStreamMs: 60_000 },
  });
  const StreamARN = await createStream(url, 'slow');
  const info = await describe(url, 'slow');
  assert.equal(info.Status, 'CREATING');
  const update = await call(url, '/updateStream', {
    StreamName: 'slow',
    CurrentVersion: info.Version,
    DeviceName: 'x',
  });
  assert.deepEqual([update.status, update.errorType], [400, 'ResourceInUseException']);
  const acks = await putDocument(url, 'slow', h264Document());
  assert.deepEqual(acks, [{ EventType: 'ERROR', ErrorId: 4008, ErrorCode: 'STREAM_NOT_ACTIVE' }]);
  assert.equal((await call(url, '/deleteStream', { StreamARN })).status, 200);
  assert.equal((await describe(url, 'slow')).Status, 'DELETING');
});

test('ListStreams pages in the order of names and filters by prefix', async (t) => {
  const { url } = await startService(t);
  for (const name of ['b2', 'a1', 'b1', 'c1', 'b3']) await createStream(url, name);
  const names = (body: Record<string, unknown>): string[] =>
    (body['StreamInfoList'] as Info[]).map((info) => info.StreamName);
  const StreamNameCondition = { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: 'b' };
  const first = await call(url, '/listStreams', { MaxResults: 2, StreamNameCondition });
  assert.deepEqual(names(first.body), ['b1', 'b2']);
  const { NextToken } = first.body;
  const second = await call(url, '/listStreams', { MaxResults: 2, StreamNameCondition, NextToken });
  assert.deepEqual(names(second.body), ['b3']);
  assert.equal(second.body['NextToken'], undefined);
  assert.deepEqual(names((await call(url, '/listStreams', {})).body).length, 5);
  const bad = await call(url, '/listStreams', { NextToken: 'bm9uc2Vuc2U=' });
  assert.deepEqual([bad.status, bad.errorType], [400, 'InvalidArgumentException']);
});

test('UpdateStream changes a stream under a new version and refuses an old one', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const { Version: CurrentVersion } = await describe(url, 'demo');
  const change = { StreamName: 'demo', CurrentVersion, MediaType: 'video/h265' };
  assert.equal((await call(url, '/updateStream', change)).status, 200);
  const info = await describe(url, 'demo');
  assert.equal(info.MediaType, 'video/h265');
  assert.notEqual(info.Version, CurrentVersion);
  const again = await call(url, '/updateStream', change);
  assert.deepEqual([again.status, again.errorType], [400, 'VersionMismatchException']);
  const without = await call(url, '/updateStream', { StreamName: 'demo' });
  assert.equal(without.errorType, 'InvalidArgumentException');
});

test('UpdateDataRetention adds to and takes from the retention', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo', { DataRetentionInHours: 5 });
  const change = async (Operation: string, DataRetentionChangeInHours: number) => {
    const { Version: CurrentVersion } = await describe(url, 'demo');
    return call(url, '/updateDataRetention', {
      StreamName: 'demo',
      CurrentVersion,
      Operation,
      DataRetentionChangeInHours,
    });
  };
  assert.equal((await change('INCREASE_DATA_RETENTION', 3)).status, 200);
  assert.equal((await describe(url, 'demo')).DataRetentionInHours, 8);
  assert.equal((await change('DECREASE_DATA_RETENTION', 7)).status, 200);
  assert.equal((await describe(url, 'demo')).DataRetentionInHours, 1);
  for (const [operation, hours] of [
    ['DECREASE_DATA_RETENTION', 2],
    ['INCREASE_DATA_RETENTION', 87_600],
    ['INCREASE_DATA_RETENTION', 0],
    ['REPLACE', 1],
  ] as const) {
    const answer = await change(operation, hours);
    assert.deepEqual([answer.status, answer.errorType], [400, 'InvalidArgumentException']);
  }
});

test('DeleteStream checks the version, removes stream and data, and ends its sessions', async (t) => {
  const { url, streams } = await startService(t);
  const StreamARN = await createStream(url, 'demo');
  const wrong = await call(url, '/deleteStream', { StreamARN, CurrentVersion: 'abc' });
  assert.deepEqual([wrong.status, wrong.errorType], [400, 'VersionMismatchException']);
  await putDocument(url, 'demo', h264Document());
  const session = await putMedia(url, 'demo');

  assert.equal((await call(url, '/deleteStream', { StreamARN })).status, 200);
  const acks = await session.ended;
  assert.deepEqual(acks.at(-1), { EventType: 'ERROR', ErrorId: 4507, ErrorCode: 'STREAM_DELETED' });
  assert.equal(streams.byName('demo'), undefined);
  assert.equal((await call(url, '/describeStream', { StreamName: 'demo' })).status, 404);
  assert.equal((await call(url, '/deleteStream', { StreamARN })).status, 404);
  // A new stream of the name is another stream.
  await createStream(url, 'demo');
  assert.equal(streams.byName('demo')?.fragments.totals.fragments, 0);
});

test('tags are added, replaced, listed and removed, by name and by resource', async (t) => {
  const { url } = await startService(t);
  const StreamARN = await createStream(url, 'demo', { Tags: { a: '1' } });
  const tags = async () =>
    (await call(url, '/listTagsForStream', { StreamName: 'demo' })).body['Tags'];
  assert.deepEqual(await tags(), { a: '1' });
  await call(url, '/tagStream', { StreamARN, Tags: { a: '2', b: '' } });
  assert.deepEqual(await tags(), { a: '2', b: '' });
  await call(url, '/untagStream', { StreamName: 'demo', TagKeyList: ['a', 'unknown'] });
  assert.deepEqual(await tags(), { b: '' });
  await call(url, '/TagResource', { ResourceARN: StreamARN, Tags: [{ Key: 'c', Value: '3' }] });
  await call(url, '/UntagResource', { ResourceARN: StreamARN, TagKeyList: ['b'] });
  const byResource = await call(url, '/ListTagsForResource', { ResourceARN: StreamARN });
  assert.deepEqual(byResource.body['Tags'], { c: '3' });

  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, '']));
  const tooMany = await call(url, '/tagStream', { StreamARN, Tags: many });
  assert.deepEqual(
    [tooMany.status, tooMany.errorType],
    [400, 'TagsPerResourceExceededLimitException'],
  );
  assert.equal(
    (await call(url, '/tagStream', { StreamARN })).errorType,
    'InvalidArgumentException',
  );
  const missing = await call(url, '/tagStream', { StreamName: 'none', Tags: { a: '1' } });
  assert.equal(missing.errorType, 'ResourceNotFoundException');
});

test('GetDataEndpoint adds the port for clients that send Host without it', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const target = new URL('/getDataEndpoint', url);
  const body = Buffer.from('{"StreamName":"demo","APIName":"PUT_MEDIA"}');
  const sent = open(target, await sign(target, { host: '127.0.0.1' }, body));
  sent.end(body);
  assert.deepEqual(JSON.parse(await textOf(await answerOf(sent))), { DataEndpoint: url });
});

test('GetDataEndpoint answers the address the client used', async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const input = { StreamName: 'demo', APIName: 'PUT_MEDIA' };
  assert.equal((await call(url, '/getDataEndpoint', input)).body['DataEndpoint'], url);
  const byName = url.replace('127.0.0.1', 'localhost');
  assert.equal((await call(byName, '/getDataEndpoint', input)).body['DataEndpoint'], byName);
  const bad = await call(url, '/getDataEndpoint', { StreamName: 'demo', APIName: 'STREAM' });
  assert.equal(bad.errorType, 'InvalidArgumentException');
  const missing = await call(url, '/getDataEndpoint', { ...input, StreamName: 'none' });
  assert.equal(missing.status, 404);
});
