import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { json, serve, streamInfo } from '../../aws/support.ts';
import { pipelineEnvironment, start } from '../../e2e/support/run.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';
import { isInstalled, output } from '../../local/support/tools.ts';
import { COMMAND, resultOf, startCommand } from '../support/kvs-launch.ts';

/** The answer typed at the question, on a terminal. */
function answering(t: TestContext, url: string, answer: string, args: readonly string[]) {
  const script = join(packageRoot, 'test', 'cli', 'support', 'on_a_terminal.py');
  const command = ['[y/N] ', answer, process.execPath, COMMAND, 'streams', ...args];
  const env = pipelineEnvironment(url, { AWS_REGION: 'us-west-2' });
  return start(t, 'python3', [script, ...command], env).finished;
}

test('a stream is created, described, tagged, retained for longer and listed', async (t) => {
  const { url } = await startService(t);
  const streams = (...args: string[]) => resultOf(t, url, ['streams', ...args]);
  const tags = ['--tag', 'site=north=east', '--tag', 'floor='];
  const arn = (
    await streams('create', 'door', '--retention', '2', '--media-type', 'video/h264', ...tags)
  ).trim();
  assert.match(arn, /^arn:aws:kinesisvideo:us-west-2:\d{12}:stream\/door\/\d+$/);
  assert.equal(await streams('retention', 'door', '--increase', '22'), '24\n');
  assert.equal(await streams('retention', 'door', '--set', '72'), '72\n');
  assert.equal(await streams('retention', arn, '--decrease', '24', '--yes'), '48\n');
  assert.equal(
    await streams('tags', 'door', '--set', 'owner=anna', '--remove', 'floor', '--remove', 'none'),
    'owner=anna\nsite=north=east\n',
  );
  const described = JSON.parse(await streams('describe', arn, '--json'));
  assert.match(described.created, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(
    { ...described, created: '', version: '', kmsKeyId: '' },
    {
      ...{ name: 'door', arn, status: 'ACTIVE', retentionHours: 48, mediaType: 'video/h264' },
      ...{ created: '', version: '', kmsKeyId: '' },
      tags: { owner: 'anna', site: 'north=east' },
    },
  );
  assert.match(await streams('describe', 'door'), /^retention +2 d$.*^tag site +north=east$/ms);
  const table = await streams('list');
  assert.match(table, /^NAME +STATUS +RETENTION +MEDIA TYPE +CREATED\ndoor +ACTIVE +2 d +video/);
});

test('streams on several pages are listed in the order of names, up to a limit', async (t) => {
  const service = await startService(t);
  const names = Array.from(
    { length: 120 },
    (_, index) => `camera-${String(index).padStart(3, '0')}`,
  );
  for (const name of ['another', ...names]) {
    await service.streams.create({
      ...{ name, region: 'us-west-2', deviceName: undefined, mediaType: undefined },
      ...{ kmsKeyId: undefined, retentionHours: 0, tags: {} },
    });
  }
  const listed = async (...args: string[]) => {
    const text = await resultOf(t, service.url, ['streams', 'list', '--json', ...args]);
    return (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
  };
  assert.deepEqual(await listed(), ['another', ...names]);
  assert.deepEqual(await listed('--prefix', 'camera-', '--limit', '60'), names.slice(0, 60));
  assert.deepEqual(await listed('--prefix', 'none'), []);
});

test('delete and a shorter retention ask first, and refuse where nobody can answer', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door', '--retention', '24']);
  for (const [args, answers] of [
    [
      ['delete', 'door'],
      ['n\\n', '\\x03', '\\x04'],
    ],
    [['retention', 'door', '--set', '1'], ['n\\n']],
  ] as const) {
    const { code, stderr } = await startCommand(t, url, ['streams', ...args]).finished;
    assert.equal(code, 1);
    assert.match(stderr, /Not confirmed: (Delete|Shorten) .*door.*\?\nGive --yes\./);
    for (const answer of answers) {
      const declined = await answering(t, url, answer, args);
      assert.equal(declined.code, 1, declined.stdout);
      assert.match(declined.stdout, /Nothing was (deleted|changed)/);
    }
  }
  assert.equal(await resultOf(t, url, ['streams', 'retention', 'door']), '24\n');
  const confirmed = await answering(t, url, 'y\\n', ['delete', 'door']);
  assert.equal(confirmed.code, 0);
  assert.match(confirmed.stdout, /Delete stream door \(arn:.*\) and the media of 24 h\? \[y\/N\] /);
  assert.equal(await resultOf(t, url, ['streams', 'list', '--json']), '[]\n');
});

test('the service’s own words and what to do about them come with a refusal', async (t) => {
  const { url } = await startService(t);
  await resultOf(t, url, ['streams', 'create', 'door']);
  const failure = async (...args: string[]) => {
    const { code, stdout, stderr } = await startCommand(t, url, ['streams', ...args]).finished;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    return stderr;
  };
  assert.match(
    await failure('describe', 'none'),
    /^ERROR: DescribeStream was refused: HTTP 404 ResourceNotFoundException: .*not found or not active\. .*\nCheck the name/,
  );
  assert.match(await failure('create', 'door'), /ResourceInUseException.*\nUse another name/);
  assert.match(await failure('retention', 'door', '--decrease', '30'), /retains 24 hours.*by 30/);
  assert.match(
    await failure('retention', 'door', '--set', '2', '--increase', '1'),
    /cannot be used/,
  );
  assert.match(await failure('tags', 'door', '--set', 'key'), /written as key=value/);
  assert.match(await failure('create', 'x', '--retention', '1.5'), /whole number/);
});

test('a page that is throttled is asked for again', async (t) => {
  let calls = 0;
  await using server = await serve((_, response) => {
    calls += 1;
    if (calls === 2) {
      const headers = { 'x-amzn-errortype': 'ClientLimitExceededException' };
      json(response, 400, { Message: 'Rate exceeded' }, headers);
      return;
    }
    const name = `camera-${calls}`;
    json(response, 200, {
      StreamInfoList: [{ StreamName: name, StreamARN: `arn:${name}`, Status: 'ACTIVE' }],
      ...(calls < 3 ? { NextToken: 'more' } : {}),
    });
  });
  const text = await resultOf(t, server.url.href, ['streams', 'list', '--json']);
  const names = (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
  assert.deepEqual(names, ['camera-1', 'camera-3']);
});

test('a page of thousands of streams is read', async (t) => {
  const streams = Array.from({ length: 5_000 }, (_, index) => {
    const StreamName = `camera-${String(index).padStart(4, '0')}`;
    return { StreamName, StreamARN: `arn:aws:kinesisvideo:${StreamName}`, Status: 'ACTIVE' };
  });
  await using server = await serve((_, response) => {
    json(response, 200, { StreamInfoList: streams });
  });
  const text = await resultOf(t, server.url.href, ['streams', 'list', '--json']);
  assert.equal((JSON.parse(text) as unknown[]).length, 5_000);
});

test('the AWS CLI sees what streams has done', {
  skip: isInstalled('aws') ? false : 'the AWS CLI is not installed',
}, async (t) => {
  const { url, tlsUrl, caFile } = await startService(t, { tlsPort: 0 });
  const args = ['create', 'door', '--retention', '6', '--tag', 'site=north'];
  await resultOf(t, url, ['streams', ...args]);
  await resultOf(t, url, ['streams', 'retention', 'door', '--increase', '6']);
  const env = pipelineEnvironment(undefined, {
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_CONFIG_FILE: join(temporaryFolder(t), 'none'),
    AWS_CA_BUNDLE: caFile,
    AWS_PAGER: '',
    HOME: process.env['HOME'],
  });
  const aws = async (...words: string[]) =>
    JSON.parse(
      await output('aws', ['--endpoint-url', tlsUrl ?? '', 'kinesisvideo', ...words], env),
    );
  const described = await aws('describe-stream', '--stream-name', 'door');
  assert.equal(described.StreamInfo.DataRetentionInHours, 12);
  const { Tags } = await aws('list-tags-for-stream', '--stream-name', 'door');
  assert.deepEqual(Tags, { site: 'north' });
  await resultOf(t, url, ['streams', 'delete', 'door', '--yes']);
  assert.deepEqual((await aws('list-streams')).StreamInfoList, []);
});

test('what is deleted is the version that was asked about, after calls that were throttled', async (t) => {
  const throttled = new Set<string>();
  await using server = await serve((request, response) => {
    if (!throttled.has(request.path)) {
      throttled.add(request.path);
      json(
        response,
        400,
        { Message: 'Rate exceeded' },
        {
          'x-amzn-errortype': 'ClientLimitExceededException',
        },
      );
    } else if (request.path === '/describeStream') {
      streamInfo(request, response);
    } else {
      json(response, 200, {});
    }
  });
  await resultOf(t, server.url.href, ['streams', 'delete', 'cam', '--yes']);
  const { path, body } = server.seen.at(-1) ?? {};
  assert.equal(path, '/deleteStream');
  const StreamARN = 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1';
  assert.deepEqual(JSON.parse(body ?? ''), { StreamARN, CurrentVersion: 'v1' });
});
