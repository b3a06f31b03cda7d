import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KvsError } from '../../src/errors/kvs-error.ts';
import { type DeviceInfo, resolveDeviceInfo } from '../../src/producer/info/device-info.ts';
import { resolveStreamInfo, type StreamInfo } from '../../src/producer/info/stream-info.ts';
import { VERSION } from '../../src/producer/info/version.ts';

const MIB = 1024 * 1024;
function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`tag${i}`, 'v']));
}
function track(trackId: number, trackName = 'n') {
  return { trackId, trackName };
}

/** Field, a value that is refused, the code, and a value at the limit that is taken. */
const STREAM_ROWS: [string, StreamInfo, string, StreamInfo][] = [
  [
    'streamName',
    { streamName: 'n'.repeat(257) },
    'STATUS_INVALID_STREAM_NAME_LENGTH',
    { streamName: 'n'.repeat(256) },
  ],
  ['streamName', { streamName: 'a b' }, 'STATUS_INVALID_ARG', { streamName: 'a_b.c-D9' }],
  [
    'streamArn',
    { streamArn: 'arn:aws:s3:::bucket' },
    'STATUS_INVALID_ARG',
    { streamArn: 'arn:aws:kinesisvideo:us-west-2:123456789012:stream/a/1' },
  ],
  [
    'retentionHours',
    { retentionHours: 87_601 },
    'STATUS_INVALID_RETENTION_PERIOD',
    { retentionHours: 87_600 },
  ],
  [
    'retentionHours',
    { retentionHours: 0.5 },
    'STATUS_INVALID_RETENTION_PERIOD',
    { retentionHours: 0 },
  ],
  [
    'retentionHours',
    { retentionHours: 1.5 },
    'STATUS_INVALID_RETENTION_PERIOD',
    { retentionHours: 1 },
  ],
  [
    'streamingType',
    { streamingType: 'live' as 'realtime' },
    'STATUS_INVALID_ARG',
    { streamingType: 'near-realtime' },
  ],
  [
    'dropPolicy',
    { dropPolicy: 'newest' as 'frame' },
    'STATUS_INVALID_ARG',
    { dropPolicy: 'frame' },
  ],
  ['tags', { tags: many(51) }, 'STATUS_MAX_TAG_COUNT', { tags: many(50) }],
  [
    'tags',
    { tags: { ['n'.repeat(129)]: 'v' } },
    'STATUS_INVALID_TAG_NAME_LEN',
    { tags: { ['n'.repeat(128)]: 'v' } },
  ],
  ['tags', { tags: { '': 'v' } }, 'STATUS_INVALID_TAG_NAME_LEN', { tags: {} }],
  [
    'tags',
    { tags: { n: 'v'.repeat(1025) } },
    'STATUS_INVALID_TAG_VALUE_LEN',
    { tags: { n: 'v'.repeat(1024) } },
  ],
  [
    'kmsKeyId',
    { kmsKeyId: 'k'.repeat(2049) },
    'STATUS_INVALID_ARG_LEN',
    { kmsKeyId: 'k'.repeat(2048) },
  ],
  [
    'contentType',
    { contentType: 'c'.repeat(129) },
    'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
    { contentType: 'c'.repeat(128) },
  ],
  [
    'timecodeScaleNs',
    { timecodeScaleNs: 99 },
    'STATUS_MKV_INVALID_TIMECODE_SCALE',
    { timecodeScaleNs: 100 },
  ],
  [
    'timecodeScaleNs',
    { timecodeScaleNs: 1_000_000_001 },
    'STATUS_MKV_INVALID_TIMECODE_SCALE',
    { timecodeScaleNs: 1_000_000_000 },
  ],
  [
    'timecodeScaleNs',
    { timecodeScaleNs: 1000.5 },
    'STATUS_MKV_INVALID_TIMECODE_SCALE',
    { timecodeScaleNs: 0 },
  ],
  [
    'fragmentDurationMs',
    { keyFrameFragmentation: false, fragmentDurationMs: 999 },
    'STATUS_MKV_INVALID_CLUSTER_DURATION',
    { fragmentDurationMs: 500 },
  ],
  [
    'fragmentDurationMs',
    { keyFrameFragmentation: false, fragmentDurationMs: 30_001 },
    'STATUS_MKV_INVALID_CLUSTER_DURATION',
    { keyFrameFragmentation: false, fragmentDurationMs: 30_000 },
  ],
  [
    'segmentUid',
    { segmentUid: new Uint8Array(15) },
    'STATUS_MKV_INVALID_SEGMENT_UUID',
    { segmentUid: new Uint8Array(16) },
  ],
  ['maxViewItems', { maxViewItems: 10 }, 'STATUS_MIN_CONTENT_VIEW_ITEMS', { maxViewItems: 11 }],
  [
    'bufferDurationMs',
    { streamingType: 'near-realtime', bufferDurationMs: 20_000, fragmentDurationMs: 2_000 },
    'STATUS_MIN_CONTENT_VIEW_ITEMS',
    { streamingType: 'near-realtime', bufferDurationMs: 22_000, fragmentDurationMs: 2_000 },
  ],
  [
    'fragmentDurationMs',
    { streamingType: 'near-realtime', fragmentDurationMs: 0 },
    'STATUS_MKV_INVALID_CLUSTER_DURATION',
    { streamingType: 'near-realtime', fragmentDurationMs: 1_000 },
  ],
  [
    'trackInfoList',
    { trackInfoList: [] },
    'STATUS_TRACK_INFO_MISSING',
    { trackInfoList: [track(1)] },
  ],
  [
    'trackInfoList',
    { trackInfoList: [1, 2, 3, 4].map((id) => track(id)) },
    'STATUS_MAX_TRACK_COUNT_EXCEEDED',
    { trackInfoList: [1, 2, 3].map((id) => track(id)) },
  ],
  [
    'id',
    { trackInfoList: [track(1), track(1)] },
    'STATUS_DUPLICATE_TRACK_ID_FOUND',
    { trackInfoList: [track(1), track(2)] },
  ],
  [
    'trackId',
    { trackInfoList: [track(0)] },
    'STATUS_MKV_INVALID_TRACK_UID',
    { trackInfoList: [track(7)] },
  ],
  [
    'trackName',
    { trackInfoList: [track(1, 'n'.repeat(33))] },
    'STATUS_MKV_INVALID_TRACK_NAME_LENGTH',
    { trackInfoList: [track(1, 'n'.repeat(32))] },
  ],
  [
    'nalAdaptationFlags',
    { nalAdaptationFlags: 0x18 },
    'STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED',
    { nalAdaptationFlags: 0x28 },
  ],
  [
    'retentionHours',
    { streamingType: 'offline', retentionHours: 0 },
    'STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION',
    { streamingType: 'offline' },
  ],
  [
    'fragmentAcks',
    { streamingType: 'offline', fragmentAcks: false },
    'STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION',
    { fragmentAcks: false },
  ],
  ...(
    [
      'maxLatencyMs',
      'frameRate',
      'avgBandwidthBps',
      'bufferDurationMs',
      'replayDurationMs',
      'connectionStalenessMs',
      'trackWaitMs',
      'interleaveWaitMs',
    ] as const
  ).map((field): [string, StreamInfo, string, StreamInfo] => [
    field,
    { [field]: -1 },
    'STATUS_INVALID_ARG',
    { [field]: 0 },
  ]),
];

for (const [field, bad, code, good] of STREAM_ROWS) {
  test(`StreamInfo.${field}: ${code} names field and value, the limit itself is taken`, () => {
    assert.throws(
      () => resolveStreamInfo(bad, Math.random),
      (error: unknown) => {
        assert.ok(error instanceof KvsError);
        assert.equal(error.code, code);
        assert.match(error.message, new RegExp(field));
        return true;
      },
    );
    resolveStreamInfo(good, Math.random);
  });
}

const DEVICE_ROWS: [string, DeviceInfo, string, DeviceInfo][] = [
  [
    'clientInfo.apiCallCachingPeriodMs',
    { clientInfo: { apiCallCachingPeriodMs: 86_400_001 } },
    'STATUS_INVALID_ENDPOINT_CACHING_PERIOD',
    { clientInfo: { apiCallCachingPeriodMs: 86_400_000 } },
  ],
  [
    'clientInfo.retryStrategy.factorMs',
    { clientInfo: { retryStrategy: { factorMs: 49 } } },
    'STATUS_INVALID_ARG',
    { clientInfo: { retryStrategy: { factorMs: 50 } } },
  ],
  [
    'clientInfo.retryStrategy.maxWaitMs',
    { clientInfo: { retryStrategy: { maxWaitMs: 25_001 } } },
    'STATUS_INVALID_ARG',
    { clientInfo: { retryStrategy: { maxWaitMs: 25_000 } } },
  ],
  [
    'clientInfo.retryStrategy.resetAfterMs',
    { clientInfo: { retryStrategy: { resetAfterMs: 120_001 } } },
    'STATUS_INVALID_ARG',
    { clientInfo: { retryStrategy: { resetAfterMs: 120_000 } } },
  ],
  [
    'clientInfo.retryStrategy.fixedJitterMs',
    { clientInfo: { retryStrategy: { fixedJitterMs: 601 } } },
    'STATUS_INVALID_ARG',
    { clientInfo: { retryStrategy: { fixedJitterMs: 600 } } },
  ],
  [
    'name',
    { name: 'n'.repeat(129) },
    'STATUS_INVALID_DEVICE_NAME_LENGTH',
    { name: 'n'.repeat(128) },
  ],
  ['tags', { tags: many(51) }, 'STATUS_MAX_TAG_COUNT', { tags: many(50) }],
  ['streamCount', { streamCount: 0 }, 'STATUS_MIN_STREAM_COUNT', { streamCount: 1 }],
  [
    'streamCount',
    { streamCount: 1_000_001 },
    'STATUS_MAX_STREAM_COUNT',
    { streamCount: 1_000_000 },
  ],
  [
    'storageSize',
    { storageInfo: { storageSize: MIB - 1 } },
    'STATUS_INVALID_STORAGE_SIZE',
    { storageInfo: { storageSize: MIB } },
  ],
  [
    'storageSize',
    { storageInfo: { storageSize: 10_240 * MIB + 1 } },
    'STATUS_INVALID_STORAGE_SIZE',
    { storageInfo: { storageSize: 10_240 * MIB } },
  ],
  [
    'storageType',
    { storageInfo: { storageType: 'hybrid-file' as 'in-memory' } },
    'STATUS_INVALID_ARG',
    { storageInfo: { storageType: 'in-memory' } },
  ],
  [
    'spillRatio',
    { storageInfo: { spillRatio: 101 } },
    'STATUS_INVALID_SPILL_RATIO',
    { storageInfo: { spillRatio: 100 } },
  ],
  [
    'rootDirectory',
    { storageInfo: { rootDirectory: '/'.repeat(4097) } },
    'STATUS_INVALID_ROOT_DIRECTORY_LENGTH',
    { storageInfo: { rootDirectory: '/'.repeat(4096) } },
  ],
  [
    'automaticStreaming',
    { clientInfo: { automaticStreaming: 'never' as 'continuous' } },
    'STATUS_INVALID_ARG',
    { clientInfo: { automaticStreaming: 'continuous' } },
  ],
  [
    'apiCallCaching',
    { clientInfo: { apiCallCaching: 'some' as 'none' } },
    'STATUS_INVALID_ARG',
    { clientInfo: { apiCallCaching: 'none' } },
  ],
  [
    'jitter',
    { clientInfo: { retryStrategy: { jitter: 'some' as 'none' } } },
    'STATUS_INVALID_ARG',
    { clientInfo: { retryStrategy: { jitter: 'none' } } },
  ],
  ...(
    [
      'createClientTimeoutMs',
      'createStreamTimeoutMs',
      'stopStreamTimeoutMs',
      'serviceCallConnectionTimeoutMs',
      'serviceCallCompletionTimeoutMs',
      'metricLoggingPeriodMs',
    ] as const
  ).map((field): [string, DeviceInfo, string, DeviceInfo] => [
    field,
    { clientInfo: { [field]: -1 } },
    'STATUS_INVALID_ARG',
    { clientInfo: { [field]: 0 } },
  ]),
];

for (const [field, bad, code, good] of DEVICE_ROWS) {
  test(`DeviceInfo.${field}: ${code} names field and value, the limit itself is taken`, () => {
    assert.throws(
      () => resolveDeviceInfo(bad),
      (error: unknown) =>
        error instanceof KvsError && error.code === code && error.message.includes(field),
    );
    resolveDeviceInfo(good);
  });
}

test('the default of every field is the guide’s, or upstream’s where it has none', () => {
  const { segmentUid, ...info } = resolveStreamInfo({ streamName: 'door' }, () => 0.5);
  assert.deepEqual(segmentUid, new Uint8Array(16).fill(128));
  assert.deepEqual(info, {
    streamName: 'door',
    streamArn: undefined,
    retentionHours: 1,
    updateRetention: false,
    spoolDirectory: undefined,
    spoolSize: 1024 * 1024 * 1024,
    spoolDurationMs: 0,
    spoolSync: 'each-fragment',
    spoolPolicy: 'ordered',
    spoolBandwidthBps: 0,
    spoolKeyFile: undefined,
    tags: {},
    kmsKeyId: undefined,
    contentType: undefined,
    streamingType: 'realtime',
    maxLatencyMs: 0,
    fragmentDurationMs: 2_000,
    timecodeScaleNs: 1_000_000,
    keyFrameFragmentation: true,
    frameTimecodes: true,
    absoluteFragmentTimes: true,
    clockErrors: 'ignore',
    fragmentAcks: true,
    restartOnError: true,
    recalculateMetrics: true,
    allowStreamCreation: true,
    nalAdaptationFlags: undefined,
    frameRate: 25,
    avgBandwidthBps: 4 * MIB,
    bufferDurationMs: 120_000,
    replayDurationMs: 40_000,
    connectionStalenessMs: 30_000,
    dropPolicy: 'fragment',
    maxViewItems: undefined,
    trackInfoList: [{ trackId: 1, trackName: 'kinesis_video', kind: 'video' }],
    moreTracksWaitMs: 0,
    trackWaitMs: 2_000,
    interleaveWaitMs: 1_000,
  });
  const { clientInfo, ...device } = resolveDeviceInfo();
  assert.deepEqual(device, {
    name: 'Kinesis_Video_Device',
    tags: {},
    streamCount: 16,
    storageInfo: {
      storageType: 'in-memory',
      storageSize: 128 * MIB,
      spillRatio: 0,
      rootDirectory: '',
    },
  });
  const { retryStrategy, ...timeouts } = clientInfo;
  assert.deepEqual(timeouts, {
    createClientTimeoutMs: 15_000,
    createStreamTimeoutMs: 30_000,
    stopStreamTimeoutMs: 120_000,
    serviceCallConnectionTimeoutMs: 5_000,
    serviceCallCompletionTimeoutMs: 10_000,
    logMetric: true,
    metricLoggingPeriodMs: 60_000,
    automaticStreaming: 'intermittent',
    apiCallCaching: 'all',
    apiCallCachingPeriodMs: 40 * 60_000,
  });
  assert.equal(retryStrategy.baseMs, 100);
});

test('what 0 and nothing stand for, and what is adjusted', () => {
  const info = resolveStreamInfo(
    { bufferDurationMs: 0, replayDurationMs: 60_000, frameRate: 0, timecodeScaleNs: 0 },
    Math.random,
  );
  assert.match(info.streamName ?? '', /^[0-9A-Z]{16}$/);
  assert.equal(info.bufferDurationMs, 20_000);
  assert.equal(info.replayDurationMs, 20_000);
  assert.equal(info.frameRate, 24);
  assert.equal(info.timecodeScaleNs, 1_000_000);
  const offline = resolveStreamInfo(
    { streamingType: 'offline', maxLatencyMs: 1, connectionStalenessMs: 1 },
    Math.random,
  );
  assert.deepEqual([offline.maxLatencyMs, offline.connectionStalenessMs], [0, 0]);
  const { clientInfo } = resolveDeviceInfo({
    clientInfo: { serviceCallConnectionTimeoutMs: 20_000, serviceCallCompletionTimeoutMs: 7_000 },
  });
  assert.equal(clientInfo.serviceCallConnectionTimeoutMs, 5_000);
  assert.equal(clientInfo.serviceCallCompletionTimeoutMs, 10_000);
});

test('the version is the package’s', () => {
  const file = new URL('../../../package.json', import.meta.url);
  assert.equal(VERSION, JSON.parse(readFileSync(file, 'utf8')).version);
});
