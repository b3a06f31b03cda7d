import type { Rows } from './property-row.ts';

/** The way to the service: where it is, who asks, and how long a call may take. */
export const CONNECTION_ROWS = {
  'aws-region': {
    to: 'connection',
    field: 'region',
    type: 'text',
    default: 'us-west-2',
    about:
      "Region of the stream. The environment's `AWS_DEFAULT_REGION` takes precedence. An element on which it was not set " +
      'asks `AWS_REGION`, the profile and the instance first ([endpoints.md](endpoints.md)).',
    upstream: 'Only `AWS_DEFAULT_REGION` and the property are looked at.',
  },
  endpoint: {
    to: 'connection',
    field: 'endpoint',
    type: 'text',
    default: null,
    about:
      "URL of the control plane, such as `http://127.0.0.1:8080`, instead of the region's own. It takes precedence over " +
      '`CONTROL_PLANE_URI` ([endpoints.md](endpoints.md)).',
    upstream: 'new',
  },
  'ca-file': {
    to: 'connection',
    field: 'caFile',
    type: 'text',
    default: null,
    about:
      "PEM file, or folder of them, with certificate authorities to trust beside the system's. It takes precedence over " +
      '`KVSSINK_CA_CERT_PATH`.',
    upstream: 'new',
  },
  'allow-insecure-http': {
    to: 'connection',
    field: 'allowInsecureHttp',
    type: 'flag',
    default: false,
    about:
      'Allows `http://` to other machines than this one. Media and session tokens can then be read on the way.',
    upstream: 'new',
  },
  'user-agent': {
    to: 'connection',
    field: 'userAgent',
    type: 'text',
    default: 'AWS-SDK-KVS-CPP-CLIENT/3.6.0',
    about: 'Beginning of the User-Agent header, at most 32 characters.',
  },
  'access-key': {
    to: 'credentials',
    field: 'accessKey',
    type: 'secret',
    default: 'access_key',
    about:
      'AWS access key id. The default counts as not set: the credentials are then looked for elsewhere, in the order of ' +
      '[authentication.md](authentication.md).',
  },
  'secret-key': {
    to: 'credentials',
    field: 'secretKey',
    type: 'secret',
    default: 'secret_key',
    about:
      'AWS secret access key that belongs to `access-key`. Without `access-key` it is not looked at.',
    upstream: 'With `access-key` alone, the default is sent as the secret. Here that is an error.',
  },
  'session-token': {
    to: 'credentials',
    field: 'sessionToken',
    type: 'secret',
    default: 'session_token',
    about:
      "AWS session token of temporary credentials. The default counts as not set: with `access-key`, the environment's " +
      '`AWS_SESSION_TOKEN` is used, unless the key is a long-term one.',
    upstream: "A long-term key gets the environment's token, too.",
  },
  'credential-path': {
    to: 'credentials',
    field: 'credentialPath',
    type: 'text',
    default: '.kvs/credential',
    about:
      'File with one line, `CREDENTIALS accessKey secretKey` or `CREDENTIALS accessKey 2026-01-31T12:00:00Z secretKey ' +
      'sessionToken`. It is read again before the credentials expire. The default file is used only if it exists.',
  },
  'iot-certificate': {
    to: 'credentials',
    field: 'iotCertificate',
    type: 'structure',
    default: null,
    about:
      'Credentials by an AWS IoT certificate, in place of any others: `iot-certificate,endpoint=HOST,cert-path=FILE,' +
      'key-path=FILE,ca-path=FILE,role-aliases=ALIAS`, optionally `iot-thing-name`, `connection-timeout` and ' +
      '`completion-timeout` in seconds ([authentication.md](authentication.md)).',
    upstream:
      'The time-outs have to be texts: `connection-timeout=(string)5`. Here both forms are taken.',
  },
  'iot-thing-name': {
    to: 'credentials',
    field: 'iotThingName',
    type: 'text',
    default: null,
    about:
      "Name of the IoT thing, if it is not the stream's. A name inside `iot-certificate` takes precedence.",
    upstream: 'new',
  },
  'rotation-period': {
    to: 'credentials',
    field: 'rotationPeriodS',
    type: 'uint',
    default: 3600,
    unit: 'seconds',
    zero: '2400',
    about:
      'Longest time between two fetches of credentials that can change. More than 2400 counts as 2400. Credentials are ' +
      'renewed before they expire in any case.',
    upstream: 'It has no effect.',
    apiDiffers: 'none, which comes to the same 2400 s',
  },
  'connection-timeout': {
    to: 'client',
    field: 'serviceCallConnectionTimeoutMs',
    type: 'uint',
    default: 5,
    unit: 'seconds',
    times: 1000,
    zero: 'default',
    about:
      'Time in which a connection to the service has to be made. More than `completion-timeout` counts as that.',
    upstream: 'A value above `completion-timeout` sets both back to their defaults.',
  },
  'completion-timeout': {
    to: 'client',
    field: 'serviceCallCompletionTimeoutMs',
    type: 'uint',
    default: 10,
    unit: 'seconds',
    times: 1000,
    zero: 'default',
    about:
      'Time in which a call of the control plane has to be answered. PutMedia may take three times as long for its first ' +
      'answer.',
    upstream: 'A value below `connection-timeout` sets both back to their defaults.',
  },
} as const satisfies Rows;
