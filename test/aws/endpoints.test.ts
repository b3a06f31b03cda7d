import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import {
  controlPlaneHost,
  isLoopback,
  requireSecure,
  resolveEndpoint,
} from '../../src/aws/settings/endpoints.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';

/**
 * Region, upstream's host, upstream's dual-stack host:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/CurlApiCallbacks.c#L185-L268
 */
const UPSTREAM: readonly (readonly [readonly string[], string, string])[] = [
  [
    [
      'us-east-1',
      'us-east-2',
      'us-west-1',
      'us-west-2',
      'af-south-1',
      'ap-east-1',
      'ap-south-1',
      'ap-south-2',
      'ap-southeast-1',
      'ap-southeast-2',
      'ap-southeast-3',
      'ap-southeast-4',
      'ap-northeast-1',
      'ap-northeast-2',
      'ap-northeast-3',
      'ca-central-1',
      'ca-west-1',
      'eu-central-1',
      'eu-central-2',
      'eu-west-1',
      'eu-west-2',
      'eu-west-3',
      'eu-north-1',
      'eu-south-1',
      'eu-south-2',
      'il-central-1',
      'me-south-1',
      'me-central-1',
      'mx-central-1',
      'sa-east-1',
    ],
    'kinesisvideo.REGION.amazonaws.com',
    'kinesisvideo.REGION.api.aws',
  ],
  [
    ['cn-north-1', 'cn-northwest-1'],
    'kinesisvideo.REGION.amazonaws.com.cn',
    'kinesisvideo.REGION.api.amazonwebservices.com.cn',
  ],
  [
    ['us-gov-east-1', 'us-gov-west-1'],
    'kinesisvideo-fips.REGION.amazonaws.com',
    'kinesisvideo-fips.REGION.api.aws',
  ],
  [
    ['us-iso-east-1', 'us-iso-west-1'],
    'kinesisvideo-fips.REGION.c2s.ic.gov',
    'kinesisvideo-fips.REGION.api.aws.ic.gov',
  ],
  [
    ['us-isob-east-1', 'us-isob-west-1'],
    'kinesisvideo-fips.REGION.sc2s.sgov.gov',
    'kinesisvideo-fips.REGION.api.aws.scloud',
  ],
];

for (const [regions, legacy, dualStack] of UPSTREAM) {
  test(`${legacy} is the control plane of ${regions.length} regions, as in upstream`, () => {
    for (const region of regions) {
      assert.equal(controlPlaneHost(region), legacy.replace('REGION', region));
      const dual = controlPlaneHost(region, { dualStack: true });
      assert.equal(dual, dualStack.replace('REGION', region));
    }
  });
}

test("hosts agree with the rules in AWS's own client, FIPS and dual stack included", () => {
  const { endpointProvider } = new KinesisVideoClient({ region: 'us-west-2' }).config;
  for (const region of [
    'us-west-2',
    'eu-central-1',
    'cn-north-1',
    'eusc-de-east-1',
    'us-gov-west-1',
  ]) {
    for (const fips of [false, true]) {
      for (const dualStack of [false, true]) {
        if (region === 'us-gov-west-1' && !fips) {
          continue; // Upstream knows FIPS hosts only there; AWS has both.
        }
        const { url } = endpointProvider({
          Region: region,
          UseFIPS: fips,
          UseDualStack: dualStack,
        });
        assert.equal(controlPlaneHost(region, { fips, dualStack }), url.hostname, region);
      }
    }
  }
  for (const region of ['us-iso-east-1', 'us-isob-east-1', 'us-isof-south-1', 'eu-isoe-west-1']) {
    const { url } = endpointProvider({ Region: region, UseFIPS: true, UseDualStack: false });
    assert.equal(controlPlaneHost(region), url.hostname, region);
  }
});

test('what is no name of a region is refused before it becomes a host name', () => {
  for (const region of ['', 'us west 2', 'us-west-2.evil.example', 'x/y', 'a@b']) {
    assert.throws(() => controlPlaneHost(region), /is not the name of a region/);
  }
});

function hostWith(env: Record<string, string>, endpoint?: string): string {
  return resolveEndpoint({ region: 'eu-west-1', env, endpoint }).url.origin;
}

test('the environment chooses FIPS and dual stack', () => {
  assert.equal(
    hostWith({ AWS_USE_FIPS_ENDPOINT: 'true' }),
    'https://kinesisvideo-fips.eu-west-1.amazonaws.com',
  );
  assert.equal(
    hostWith({ AWS_USE_DUALSTACK_ENDPOINT: 'TRUE', AWS_USE_FIPS_ENDPOINT: 'false' }),
    'https://kinesisvideo.eu-west-1.api.aws',
  );
});

test('an endpoint is taken from the property, CONTROL_PLANE_URI, AWS_ENDPOINT_URL_…, in this order', () => {
  const env: Record<string, string> = {
    CONTROL_PLANE_URI: 'https://b.example',
    AWS_ENDPOINT_URL_KINESIS_VIDEO: 'https://c.example',
    AWS_ENDPOINT_URL: 'https://d.example',
  };
  assert.equal(hostWith(env, 'https://a.example'), 'https://a.example');
  assert.equal(hostWith(env, ''), 'https://b.example');
  delete env['CONTROL_PLANE_URI'];
  assert.equal(hostWith(env), 'https://c.example');
  delete env['AWS_ENDPOINT_URL_KINESIS_VIDEO'];
  assert.equal(hostWith(env), 'https://d.example');
  env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] = 'true';
  assert.equal(hostWith(env), 'https://kinesisvideo.eu-west-1.amazonaws.com');
});

const CONFIG = `
[default]
endpoint_url = https://default.example  # everybody's
[profile door]
region = eu-west-1
services = local
endpoint_url = https://profile.example
[profile garden]
endpoint_url = https://garden.example
[profile alone]
services = local
endpoint_url = https://profile.example
ignore_configured_endpoint_urls = true
[services local]
s3 =
  endpoint_url = https://s3.example
kinesis_video =
  endpoint_url = https://services.example ; ours
`;

test('after the environment comes the profile’s endpoint_url, as AWS’s SDK for JavaScript has it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-endpoints-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'config');
  writeFileSync(path, CONFIG);
  const rows: [Record<string, string>, string | undefined, string][] = [
    [{}, undefined, 'https://default.example'],
    [{}, 'door', 'https://services.example'],
    [{ AWS_PROFILE: 'door' }, undefined, 'https://services.example'],
    [{ AWS_PROFILE: 'door' }, 'garden', 'https://garden.example'],
    [{ AWS_ENDPOINT_URL: 'https://env.example' }, 'door', 'https://env.example'],
    [{}, 'alone', 'https://kinesisvideo.eu-west-1.amazonaws.com'],
    [{}, 'nobody', 'https://kinesisvideo.eu-west-1.amazonaws.com'],
    [
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_PROFILE: 'door' },
      undefined,
      'https://kinesisvideo.eu-west-1.amazonaws.com',
    ],
  ];
  for (const [env, profile, expected] of rows) {
    const ours = { ...env, AWS_CONFIG_FILE: path };
    const { url } = resolveEndpoint({ region: 'eu-west-1', env: ours, profile });
    assert.equal(url.origin, expected, JSON.stringify([env, profile]));
    const theirs = { ...ours, ...(profile === undefined ? {} : { AWS_PROFILE: profile }) };
    // The SDK does not know a profile's ignore_configured_endpoint_urls yet; its documents do.
    if (profile !== 'alone') assert.equal(sdkEndpoint(theirs), expected, JSON.stringify(theirs));
  }
});

/** Where the SDK for JavaScript would send a request; in a process of its own, for it caches. */
function sdkEndpoint(env: Record<string, string>): string {
  const program = `
    import { DescribeStreamCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
    const client = new KinesisVideoClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: {
        handle: async (request) => {
          console.log(request.protocol + '//' + request.hostname);
          process.exit();
        },
      },
    });
    await client.send(new DescribeStreamCommand({ StreamName: 'x' }));`;
  const { PATH = '' } = process.env;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', program],
    {
      cwd: packageRoot,
      env: { PATH, ...env },
      encoding: 'utf8',
    },
  );
  assert.equal(stderr, '');
  return stdout.trim();
}

test('an endpoint without a scheme is https; one that is no URL is named with its origin', () => {
  assert.equal(hostWith({ CONTROL_PLANE_URI: 'kvs.example:8443' }), 'https://kvs.example:8443');
  assert.throws(
    () => hostWith({ CONTROL_PLANE_URI: 'ftp://kvs.example' }),
    /CONTROL_PLANE_URI is not an http or https URL: ftp:\/\/kvs\.example/,
  );
  assert.throws(() => hostWith({}, 'https://'), /endpoint property is not an http or https URL/);
});

test('plain http is for this machine only, unless it is allowed explicitly', () => {
  for (const url of [
    'http://localhost:1',
    'http://127.0.0.1',
    'http://127.9.9.9',
    'http://[::1]:80',
  ]) {
    assert.ok(isLoopback(new URL(url)), url);
    requireSecure(new URL(url), false);
  }
  for (const url of [
    'http://192.168.1.4:8080',
    'http://localhost.example',
    'http://128.0.0.1',
    'http://127.example',
  ]) {
    assert.throws(() => requireSecure(new URL(url), false), /plain http to another machine/, url);
    requireSecure(new URL(url), true);
  }
  assert.throws(() => hostWith({ CONTROL_PLANE_URI: 'http://kvs.example' }), /plain http/);
});
