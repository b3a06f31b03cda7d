import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXCEPTIONS, exceptionName, refusalError } from '../../src/aws/aws-exceptions.ts';
import { controlPlaneFor, json, rejection, serve } from './support.ts';

/**
 * Each exception that the API reference lists for the five control calls, its HTTP status there, and
 * what it is to us (upstream's names of the statuses).
 */
const DOCUMENTED = [
  [
    'CreateStream',
    400,
    'AccountStreamLimitExceededException',
    'STATUS_SERVICE_CALL_STREAM_LIMIT_ERROR',
    'limit',
  ],
  [
    'CreateStream',
    400,
    'ClientLimitExceededException',
    'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
    'throttled',
  ],
  [
    'CreateStream',
    400,
    'DeviceStreamLimitExceededException',
    'STATUS_SERVICE_CALL_DEVICE_LIMIT_ERROR',
    'limit',
  ],
  [
    'CreateStream',
    400,
    'InvalidArgumentException',
    'STATUS_SERVICE_CALL_INVALID_ARG_ERROR',
    'invalid-argument',
  ],
  [
    'CreateStream',
    400,
    'InvalidDeviceException',
    'STATUS_SERVICE_CALL_DEVICE_NOT_FOND_ERROR',
    'invalid-argument',
  ],
  [
    'CreateStream',
    400,
    'ResourceInUseException',
    'STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR',
    'in-use',
  ],
  ['CreateStream', 400, 'TagsPerResourceExceededLimitException', 'STATUS_MAX_TAG_COUNT', 'limit'],
  [
    'DescribeStream',
    400,
    'ClientLimitExceededException',
    'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
    'throttled',
  ],
  [
    'DescribeStream',
    400,
    'InvalidArgumentException',
    'STATUS_SERVICE_CALL_INVALID_ARG_ERROR',
    'invalid-argument',
  ],
  [
    'DescribeStream',
    401,
    'NotAuthorizedException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'access-denied',
  ],
  [
    'DescribeStream',
    404,
    'ResourceNotFoundException',
    'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
    'not-found',
  ],
  [
    'GetDataEndpoint',
    400,
    'ClientLimitExceededException',
    'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
    'throttled',
  ],
  [
    'GetDataEndpoint',
    401,
    'NotAuthorizedException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'access-denied',
  ],
  [
    'GetDataEndpoint',
    404,
    'ResourceNotFoundException',
    'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR',
    'not-found',
  ],
  [
    'TagStream',
    400,
    'InvalidResourceFormatException',
    'STATUS_SERVICE_CALL_INVALID_ARG_ERROR',
    'invalid-argument',
  ],
  ['TagStream', 400, 'TagsPerResourceExceededLimitException', 'STATUS_MAX_TAG_COUNT', 'limit'],
  [
    'UpdateDataRetention',
    400,
    'ResourceInUseException',
    'STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR',
    'in-use',
  ],
  [
    'UpdateDataRetention',
    400,
    'VersionMismatchException',
    'STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR',
    'in-use',
  ],
  // Common to all services: refusals of the signature.
  [
    'DescribeStream',
    403,
    'AccessDeniedException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'access-denied',
  ],
  [
    'DescribeStream',
    403,
    'ExpiredTokenException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'expired-credentials',
  ],
  [
    'DescribeStream',
    403,
    'UnrecognizedClientException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'invalid-credentials',
  ],
  [
    'DescribeStream',
    403,
    'InvalidSignatureException',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'invalid-credentials',
  ],
  [
    'DescribeStream',
    403,
    'RequestExpired',
    'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR',
    'clock-skew',
  ],
  [
    'DescribeStream',
    400,
    'ThrottlingException',
    'STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR',
    'throttled',
  ],
  ['DescribeStream', 503, 'ServiceUnavailable', 'STATUS_SERVICE_CALL_UNKOWN_ERROR', 'service'],
  ['DescribeStream', 500, 'InternalFailure', 'STATUS_SERVICE_CALL_UNKOWN_ERROR', 'service'],
] as const;

const arn = 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/cam/1';

function calls(url: URL) {
  const plane = controlPlaneFor(url);
  const stream = { streamArn: arn };
  return {
    close: () => plane.close(),
    CreateStream: () => plane.createStream({ streamName: 'cam', retentionHours: 2 }),
    DescribeStream: () => plane.describeStream(stream),
    GetDataEndpoint: () => plane.getDataEndpoint(stream),
    TagStream: () => plane.tagStream(stream, { a: 'b' }),
    UpdateDataRetention: () =>
      plane.updateDataRetention(stream, { currentVersion: 'v', operation: 'INCREASE', hours: 1 }),
  };
}

for (const [operation, httpStatus, exception, code, kind] of DOCUMENTED) {
  test(`${operation}'s ${exception} is ${code} (${kind}), in the service's words, after one try`, async () => {
    await using server = await serve((_, response) =>
      json(
        response,
        httpStatus,
        { Message: `about ${exception}` },
        {
          'x-amzn-ErrorType': `${exception}:http://internal.amazon.com/coral/`,
          'retry-after': '3',
        },
      ),
    );
    const plane = calls(server.url);
    const error = await rejection(plane[operation]());
    plane.close();
    assert.equal(error.code, code);
    assert.deepEqual(error.failure, { kind, httpStatus, exception, retryAfterMs: 3_000 });
    assert.ok(
      error.message.startsWith(`${operation} was refused: HTTP ${httpStatus} ${exception}: about`),
    );
    assert.equal(server.seen.length, 1);
  });
}

test('every exception AWS lists for these calls is in the table', async () => {
  const sdk = await import('@aws-sdk/client-kinesis-video');
  const notOurs = new Set([
    'AccountChannelLimitExceededException',
    'StreamEdgeConfigurationNotFoundException',
  ]);
  const names = Object.keys(sdk).filter(
    (name) =>
      name.endsWith('Exception') && !name.endsWith('ServiceException') && !notOurs.has(name),
  );
  assert.ok(names.length >= 12, `${names}`);
  assert.deepEqual(
    names.filter((name) => !EXCEPTIONS.has(name)),
    [],
  );
});

/**
 * Upstream's table of HTTP statuses:
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-c/blob/c7546829290ccd2fd8c4b7329c58ff3493180b63/src/source/Common/RequestInfo.c#L288-L307
 * https://github.com/awslabs/amazon-kinesis-video-streams-pic/blob/c98c2a256a7bb3dfc4db41ae26d45e28ac7eec56/src/client/src/StreamEvent.c#L12-L126
 */
for (const [httpStatus, code] of [
  [400, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [401, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  [403, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'],
  [404, 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR'],
  [406, 'STATUS_SERVICE_CALL_INVALID_ARG_ERROR'],
  [408, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
  [409, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [500, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [502, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [503, 'STATUS_SERVICE_CALL_UNKOWN_ERROR'],
  [504, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
  [598, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
  [599, 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'],
] as const) {
  test(`HTTP ${httpStatus} without a name is ${code}`, () => {
    const error = refusalError({ operation: 'X', httpStatus, exception: undefined, message: '' });
    assert.equal(error.code, code);
  });
}

for (const [text, kind] of [
  ['Signature expired: 20261121T080000Z is now earlier than 20261121T081500Z', 'clock-skew'],
  ['Signature not yet current: 20261121T090000Z is still later than …', 'clock-skew'],
  ['The security token included in the request is expired', 'expired-credentials'],
  ['The security token included in the request is invalid.', 'invalid-credentials'],
  [
    'User: arn:aws:iam::1:user/cam is not authorized to perform: kinesisvideo:PutMedia',
    'access-denied',
  ],
] as const) {
  test(`a 403 is classified by its text: ${kind}`, () => {
    const exception = 'AccessDeniedException';
    const error = refusalError({ operation: 'X', httpStatus: 403, exception, message: text });
    assert.equal(error.failure?.kind, kind);
  });
}

test('a refusal of credentials names the provider they came from', () => {
  const error = refusalError({
    operation: 'PutMedia',
    httpStatus: 403,
    exception: 'ExpiredTokenException',
    message: 'expired',
    provider: 'iot:CameraRole',
    requestId: 'r-1',
  });
  assert.match(error.message, /\(credentials from iot:CameraRole\) \(request r-1\)$/);
});

test('an exception is known by its bare name', () => {
  assert.equal(exceptionName('com.amazonaws.kinesisvideo#FooException:http://x/'), 'FooException');
  assert.equal(exceptionName(' FooException'), 'FooException');
  assert.equal(exceptionName(''), undefined);
  assert.equal(exceptionName(undefined), undefined);
});

test('an exception is looked up by its name alone, whatever objects have besides', () => {
  for (const exception of ['toString', 'constructor', '__proto__']) {
    const error = refusalError({
      operation: 'DescribeStream',
      httpStatus: 404,
      exception,
      message: undefined,
      provider: 'test',
    });
    assert.equal(error.failure?.kind, 'not-found');
  }
});
