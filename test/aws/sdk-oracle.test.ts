import assert from 'node:assert/strict';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { test } from 'node:test';
import * as sdk from '@aws-sdk/client-kinesis-video';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import {
  array,
  asyncProperty,
  constantFrom,
  date,
  dictionary,
  option,
  assert as property,
  record,
  string,
  tuple,
  uint8Array,
  webPath,
  webQueryParameters,
} from 'fast-check';
import type { AwsControlPlane } from '../../src/aws/control-plane.ts';
import { createSigner } from '../../src/aws/signing/signer.ts';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { controlPlaneFor, type Respond, type Seen, serve } from './support.ts';

// AWS's own SDK says what our client has to send and to understand.

const ARN = 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1';
const byArn = { StreamARN: ARN };

/** One call of ours and the same of the SDK's. */
type Pair = {
  readonly name: string;
  readonly ours: (plane: AwsControlPlane) => Promise<unknown>;
  readonly theirs: (client: sdk.KinesisVideoClient) => Promise<unknown>;
};

const PAIRS: readonly Pair[] = [
  {
    name: 'DescribeStream',
    ours: (plane) => plane.describeStream({ streamName: 'cam é "1"' }),
    theirs: (client) => client.send(new sdk.DescribeStreamCommand({ StreamName: 'cam é "1"' })),
  },
  {
    name: 'DescribeStream by ARN',
    ours: (plane) => plane.administration.describe({ streamArn: ARN }),
    theirs: (client) => client.send(new sdk.DescribeStreamCommand(byArn)),
  },
  {
    name: 'CreateStream',
    ours: (plane) =>
      plane.createStream({
        streamName: 'cam',
        deviceName: 'Kinesis_Video_Device',
        mediaType: 'video/h264',
        kmsKeyId: 'alias/kvs',
        retentionHours: 0,
      }),
    theirs: (client) =>
      client.send(
        new sdk.CreateStreamCommand({
          StreamName: 'cam',
          DeviceName: 'Kinesis_Video_Device',
          MediaType: 'video/h264',
          KmsKeyId: 'alias/kvs',
          DataRetentionInHours: 0,
        }),
      ),
  },
  {
    name: 'CreateStream with the least',
    ours: (plane) => plane.createStream({ streamName: 'cam', retentionHours: 24, deviceName: '' }),
    theirs: (client) =>
      client.send(new sdk.CreateStreamCommand({ StreamName: 'cam', DataRetentionInHours: 24 })),
  },
  {
    name: 'TagStream',
    ours: (plane) => plane.tagStream({ streamArn: ARN }, { a: 'b\nc', ü: '\u2028' }),
    theirs: (client) =>
      client.send(new sdk.TagStreamCommand({ ...byArn, Tags: { a: 'b\nc', ü: '\u2028' } })),
  },
  {
    name: 'UpdateDataRetention',
    ours: (plane) =>
      plane.updateDataRetention(
        { streamArn: ARN },
        { currentVersion: 'v1', operation: 'DECREASE', hours: 3 },
      ),
    theirs: (client) =>
      client.send(
        new sdk.UpdateDataRetentionCommand({
          ...byArn,
          CurrentVersion: 'v1',
          Operation: 'DECREASE_DATA_RETENTION',
          DataRetentionChangeInHours: 3,
        }),
      ),
  },
  {
    name: 'GetDataEndpoint',
    ours: (plane) => plane.getDataEndpoint({ streamName: 'cam' }, 'GET_MEDIA'),
    theirs: (client) =>
      client.send(new sdk.GetDataEndpointCommand({ StreamName: 'cam', APIName: 'GET_MEDIA' })),
  },
  {
    name: 'ListStreams',
    ours: (plane) => plane.administration.list({ prefix: 'cam', max: 5 }, 'next'),
    theirs: (client) =>
      client.send(
        new sdk.ListStreamsCommand({
          MaxResults: 5,
          NextToken: 'next',
          StreamNameCondition: { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: 'cam' },
        }),
      ),
  },
  {
    name: 'ListStreams of all',
    ours: (plane) => plane.administration.list({}),
    theirs: (client) => client.send(new sdk.ListStreamsCommand({})),
  },
  {
    name: 'ListTagsForStream',
    ours: (plane) => plane.administration.tags({ streamArn: ARN }, 'next'),
    theirs: (client) =>
      client.send(new sdk.ListTagsForStreamCommand({ NextToken: 'next', ...byArn })),
  },
  {
    name: 'UntagStream',
    ours: (plane) => plane.administration.untag({ streamArn: ARN }, ['a', 'b']),
    theirs: (client) =>
      client.send(new sdk.UntagStreamCommand({ ...byArn, TagKeyList: ['a', 'b'] })),
  },
  {
    name: 'DeleteStream',
    ours: (plane) => plane.administration.delete(ARN, 'v1'),
    theirs: (client) =>
      client.send(new sdk.DeleteStreamCommand({ ...byArn, CurrentVersion: 'v1' })),
  },
];

const ANSWER = {
  StreamARN: ARN,
  DataEndpoint: 'https://s-1.example',
  StreamInfo: { StreamName: 'cam', StreamARN: ARN, Status: 'ACTIVE' },
};

/** The SDK's client for a test's server, which tries everything once. */
function sdkClient(endpoint: URL): sdk.KinesisVideoClient {
  return new sdk.KinesisVideoClient({
    endpoint: endpoint.href,
    region: 'us-west-2',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' },
    maxAttempts: 1,
  });
}

/** Headers that say who asks, when, and on which connection. */
const OWN_HEADERS =
  /^(?:amz-sdk-.*|x-amz-user-agent|user-agent|authorization|x-amz-date|x-amz-content-sha256|connection)$/;

function essence({ method, path, headers, body }: Seen) {
  const kept = Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name));
  return { method, path, body, headers: Object.fromEntries(kept) };
}

for (const { name, ours, theirs } of PAIRS) {
  test(`${name} sends what AWS's SDK sends, byte for byte`, async () => {
    await using server = await serve((_, response) => response.end(JSON.stringify(ANSWER)));
    const client = sdkClient(server.url);
    const plane = controlPlaneFor(server.url, {
      credentials: {
        name: 'test',
        get: async () => ({
          accessKeyId: 'AKID',
          secretAccessKey: 'SECRET',
          sessionToken: 'TOKEN',
        }),
      },
    });
    await theirs(client);
    await ours(plane);
    client.destroy();
    plane.close();
    const [expected, actual] = server.seen;
    assert.ok(expected !== undefined && actual !== undefined);
    assert.deepEqual(essence(actual), essence(expected));
  });
}

type Refusal = {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
};

const REFUSALS: readonly Refusal[] = [
  {
    status: 404,
    headers: { 'x-amzn-ErrorType': 'ResourceNotFoundException:http://internal.example/coral/' },
    body: '{"Message":"not here"}',
  },
  { status: 404, body: '{"__type":"com.amazonaws.kinesisvideo#ResourceNotFoundException"}' },
  { status: 400, body: '{"__type":"InvalidArgumentException","message":"bad"}' },
  { status: 400, body: '{"code":"ClientLimitExceededException","message":"slow"}' },
  {
    status: 403,
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    body: '{"__type":"Other","Message":"User: x is not authorized"}',
  },
  {
    status: 429,
    headers: { 'x-amzn-errortype': 'ThrottlingException', 'retry-after': '7' },
    body: '{"message":"Rate exceeded"}',
  },
  {
    status: 403,
    body: '{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}',
  },
  { status: 500, headers: { 'x-amzn-errortype': 'InternalFailure' }, body: '{}' },
  {
    status: 400,
    headers: { 'x-amzn-errortype': 'Brand.New#ThingException' },
    body: '{"message":"?"}',
  },
];

/** What a call was refused with, as the SDK tells it. */
async function sdkRefusal(client: sdk.KinesisVideoClient) {
  try {
    await client.send(new sdk.DescribeStreamCommand({ StreamName: 'cam' }));
  } catch (error) {
    assert.ok(error instanceof sdk.KinesisVideoServiceException);
    const { httpStatusCode, requestId } = error.$metadata;
    return { exception: error.name, httpStatus: httpStatusCode, requestId, text: error.message };
  }
  throw new assert.AssertionError({ message: 'the SDK took it for a success' });
}

for (const refusal of REFUSALS) {
  const { status, headers = {}, body } = refusal;
  test(`HTTP ${status} ${JSON.stringify(headers)} ${body} is the exception that AWS's SDK takes it for`, async () => {
    const respond: Respond = (_, response) => {
      response.writeHead(status, { 'x-amzn-RequestId': 'abc-1', ...headers });
      response.end(body);
    };
    await using server = await serve(respond);
    const client = sdkClient(server.url);
    const plane = controlPlaneFor(server.url);
    const theirs = await sdkRefusal(client);
    const ours = await plane.describeStream({ streamName: 'cam' }).catch((error) => error);
    client.destroy();
    plane.close();
    assert.ok(ours instanceof KvsError);
    assert.equal(ours.failure?.exception, theirs.exception);
    assert.equal(ours.failure?.httpStatus, theirs.httpStatus);
    assert.ok(ours.message.includes(`(request ${theirs.requestId})`));
    // Without a word of the service's the SDK says something of its own.
    if (/message/i.test(body)) assert.ok(ours.message.includes(theirs.text), ours.message);
  });
}

/** node:crypto as the hash that @smithy/signature-v4 asks for. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Uint8Array);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as Uint8Array);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

// The SDK drops a parameter of this name; nobody sends one.
const queries = webQueryParameters().filter((text) => !text.includes('__proto__'));
const headerValue = string({ unit: constantFrom('a', 'Z', '7', ' ', '\t', '"', ',', '%', '/') });
const requests = record({
  method: constantFrom('GET', 'POST'),
  path: tuple(webPath(), option(queries, { nil: undefined })),
  headers: dictionary(
    constantFrom('content-type', 'X-Amzn-Thing', 'user-agent', 'expect', 'a', 'ab', 'proxy-x'),
    headerValue,
  ),
  body: option(uint8Array(), { nil: undefined }),
  token: option(string({ minLength: 1 }), { nil: undefined }),
  date: date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
  repeated: array(constantFrom('a=1', 'a=', 'a-b=2', 'a', 'A=%20', "b=!'()*", 'a=%2F+x')),
});

test("any request has the signature that AWS's own signer gives it", async () => {
  await property(
    asyncProperty(requests, async ({ method, path, headers, body, token, date, repeated }) => {
      const [segments, parameters] = path;
      const query = [parameters, ...repeated].filter(Boolean).join('&');
      const url = new URL(`https://kvs.example:8443${segments || '/'}?${query}`);
      const credentials = {
        accessKeyId: 'AKID',
        secretAccessKey: 'SECRET',
        ...(token === undefined ? {} : { sessionToken: token }),
      };
      const values: Record<string, string[]> = Object.create(null);
      for (const name of url.searchParams.keys()) values[name] = url.searchParams.getAll(name);
      const signer = new SignatureV4({
        service: 'kinesisvideo',
        region: 'us-west-2',
        credentials,
        sha256: Sha256,
        applyChecksum: false,
      });
      const request = new HttpRequest({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: values,
        headers: { host: url.host, ...headers },
        body,
      });
      const expected = await signer.sign(request, { signingDate: date });
      const actual = createSigner({ region: 'us-west-2', headers: 'sdk' })({
        method,
        url,
        headers,
        body,
        credentials,
        date,
      });
      assert.deepEqual(actual, expected.headers);
    }),
    { numRuns: 500 },
  );
});
