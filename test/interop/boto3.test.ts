import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { createStream } from '../local/support/client.ts';
import { h264Document } from '../local/support/media.ts';
import { putDocument } from '../local/support/put-media.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { output } from '../local/support/tools.ts';
import { callOf, casesIn, nameOf } from './conformance/outcome.ts';
import { openWorld } from './conformance/world.ts';

const skip =
  spawnSync('python3', ['-c', 'import boto3']).status === 0 ? false : 'boto3 is not installed';

const SCRIPT = `
import boto3, json, sys
def client(name, **more):
    return boto3.client(name, endpoint_url=sys.argv[1], region_name='us-east-1', **more)
video = client('kinesisvideo')
found = {}
try:
    video.describe_stream(StreamName='none')
except video.exceptions.ResourceNotFoundException as error:
    found['missing'] = error.response['ResponseMetadata']['HTTPStatusCode']
try:
    client('kinesisvideo', aws_access_key_id='AKIDOTHER', aws_secret_access_key='x').describe_stream(StreamName='demo')
except Exception as error:
    found['stranger'] = error.response['Error']['Code']
found['names'] = [s['StreamName'] for p in video.get_paginator('list_streams').paginate(PaginationConfig={'PageSize': 1}) for s in p['StreamInfoList']]
found['year'] = video.describe_stream(StreamName='demo')['StreamInfo']['CreationTime'].year
media = client('kinesis-video-media').get_media(StreamName='demo', StartSelector={'StartSelectorType': 'EARLIEST'})
body = b''
while body.count(b'MILLIS_BEHIND_NOW') < 3:
    body += media['Payload'].read(8)
found['documents'] = body.count(bytes.fromhex('1a45dfa3'))
archive = client('kinesis-video-archived-media')
found['fragments'] = [f['FragmentLengthInMilliseconds'] for f in archive.list_fragments(StreamName='demo')['Fragments']]
print(json.dumps(found))
`;

test('boto3 reads streams, errors, pages and media', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await createStream(url, 'other');
  await putDocument(url, 'demo', h264Document());
  const printed = await output('python3', ['-c', SCRIPT, url], {
    AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  assert.deepEqual(JSON.parse(printed), {
    missing: 404,
    stranger: 'UnrecognizedClientException',
    names: ['demo', 'other'],
    year: new Date().getFullYear(),
    documents: 3,
    fragments: [1000, 1000, 1000],
  });
});

const credentials = {
  AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** How a call ended. */
type Outcome = {
  readonly error?: string | null;
  readonly isModelled?: boolean;
  readonly members?: readonly string[];
  /** This boto3 is older than the operation. */
  readonly unknown?: true;
};

const skipCases =
  process.env['KVS_CONFORMANCE_REGION'] === undefined ? skip : 'the cases run against AWS';

test('boto3 has the result and the exceptions of every operation', {
  skip: skipCases,
}, async (t) => {
  const world = await openWorld(join(temporaryFolder(t), 'data'));
  t.after(() => world.close());
  const all = casesIn(world);
  const cases = await Promise.all(
    all.map(async (one) => {
      const { at, input, calls } = await callOf(one, world);
      const { target, operation, error } = one;
      return { target, operation, error, endpoint: at.endpoint, input, calls };
    }),
  );
  const script = join(packageRoot, 'test/interop/conformance/call_boto3.py');
  const printed = await new Promise<string>((resolve, reject) => {
    const options = { env: { ...process.env, ...credentials }, timeout: 60_000 };
    const child = execFile('python3', [script], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
    child.stdin?.end(JSON.stringify({ region: world.region, cases }));
  });
  const outcomes = JSON.parse(printed) as Outcome[];
  assert.equal(outcomes.length, all.length);
  for (const [i, one] of all.entries()) {
    const { unknown, error, isModelled = true, members = [] } = outcomes[i] ?? {};
    if (unknown === true) {
      // Debian's is of 2023.
      assert.match(one.operation, /StreamStorage|EdgeAgent|EdgeConfiguration|TagsForResource/);
      continue;
    }
    assert.equal(error, one.error ?? null, nameOf(one));
    assert.ok(isModelled, nameOf(one));
    for (const member of one.has ?? []) assert.ok(members.includes(member), nameOf(one));
  }
});
