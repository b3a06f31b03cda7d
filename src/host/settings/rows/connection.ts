import type { Rows } from './property-row.ts';

/** The way to the service: where it is, who asks, and how long a call may take. */
export const CONNECTION_ROWS = {
  'aws-region': {
    to: 'connection',
    field: 'region',
    type: 'text',
    default: 'us-west-2',
    about:
      'Region of the stream. `AWS_DEFAULT_REGION` in the environment takes precedence. If the property was not set, ' +
      "`AWS_REGION`, the profile's region and the instance's region come before the default ([endpoints.md](endpoints.md)).",
    upstream: 'Only `AWS_DEFAULT_REGION` and the property are used.',
  },
  endpoint: {
    to: 'connection',
    field: 'endpoint',
    type: 'text',
    default: null,
    about:
      "URL of the control plane, such as `http://127.0.0.1:8080`, instead of the region's endpoint. It takes precedence over " +
      '`CONTROL_PLANE_URI` ([endpoints.md](endpoints.md)).',
    upstream: 'new',
  },
  'ca-file': {
    to: 'connection',
    field: 'caFile',
    type: 'text',
    default: null,
    about:
      "PEM file, or folder of PEM files, with certificate authorities to trust in addition to the system's. It takes " +
      'precedence over `KVSSINK_CA_CERT_PATH`.',
    upstream: 'new',
  },
  'allow-insecure-http': {
    to: 'connection',
    field: 'allowInsecureHttp',
    type: 'flag',
    default: false,
    about:
      'Allows `http://` to hosts other than this machine. Media and session tokens can then be read in transit.',
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
      'AWS access key ID. The default value counts as not set: credentials are then searched for elsewhere, in the order ' +
      'given in [authentication.md](authentication.md).',
  },
  'secret-key': {
    to: 'credentials',
    field: 'secretKey',
    type: 'secret',
    default: 'secret_key',
    about: 'AWS secret access key that belongs to `access-key`. Ignored without `access-key`.',
    upstream: 'With `access-key` alone, the default is sent as the secret. Here that is an error.',
  },
  'session-token': {
    to: 'credentials',
    field: 'sessionToken',
    type: 'secret',
    default: 'session_token',
    about:
      'AWS session token of temporary credentials. The default value counts as not set: with `access-key`, ' +
      '`AWS_SESSION_TOKEN` in the environment is used, unless the key is a long-term one.',
    upstream: "The environment's token is used with long-term keys, too.",
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
      'AWS IoT certificate to get credentials with, instead of any others: `iot-certificate,endpoint=HOST,cert-path=FILE,' +
      'key-path=FILE,ca-path=FILE,role-aliases=ALIAS`, optionally `iot-thing-name`, `connection-timeout` and ' +
      '`completion-timeout` in seconds ([authentication.md](authentication.md)).',
    upstream:
      'The time-outs have to be strings: `connection-timeout=(string)5`. Here, both forms are accepted.',
  },
  'iot-thing-name': {
    to: 'credentials',
    field: 'iotThingName',
    type: 'text',
    default: null,
    about:
      "Name of the IoT thing if it differs from the stream's name. A name in `iot-certificate` takes precedence.",
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
      'Maximum time between two fetches of credentials that can change. Values above 2400 count as 2400. Credentials are ' +
      'also renewed before they expire.',
    upstream: 'It has no effect.',
    apiDiffers: 'none, which results in the same 2400 s',
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
      'Maximum time to connect to the service. Values above `completion-timeout` count as `completion-timeout`.',
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
      'Maximum time for a control-plane call. PutMedia may take three times as long for its first response.',
    upstream: 'A value below `connection-timeout` sets both back to their defaults.',
  },
} as const satisfies Rows;
