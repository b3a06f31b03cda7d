import { KvsError } from '../../errors/kvs-error.ts';
import { type BackoffOptions, DEFAULT_BACKOFF } from '../../putmedia/backoff.ts';
import { checkAmount, checkLength, checkOneOf, checkRange, checkTags } from './check.ts';
import { type RetryStrategy, resolveRetryStrategy } from './retry-strategy.ts';
import { STREAM_LIMITS } from './stream-limits.ts';

/** The content store that all streams of a producer share. */
export type StorageInfo = {
  /** `in-memory`: bytes live in memory only; no other works. */
  readonly storageType?: 'in-memory';
  /** Bytes reserved for frames; committed by the operating system only as they are used. */
  readonly storageSize?: number;
  /** Percent of the storage that is memory and not files, 0 to 100. Checked; not used, as upstream. */
  readonly spillRatio?: number;
  /** Where the files would be, at most 4096 bytes. Checked; not used, as upstream. */
  readonly rootDirectory?: string;
};

/** Time-outs and identity of the producer. */
export type ClientInfo = {
  /** Longest time that the producer's `ready` waits for region and credential source, ms. */
  readonly createClientTimeoutMs?: number;
  /** Longest time that `createStreamSync` waits for a stream to be ready, ms. */
  readonly createStreamTimeoutMs?: number;
  /** Longest time that `stop` waits for what is left, ms; 0 is the default. */
  readonly stopStreamTimeoutMs?: number;
  /** Longest time for a connection to be made, ms. */
  readonly serviceCallConnectionTimeoutMs?: number;
  /** Longest time for a whole control-plane call, ms. */
  readonly serviceCallCompletionTimeoutMs?: number;
  /** Logs the metrics of a stream (debug) at a fragment's begin. */
  readonly logMetric?: boolean;
  /** Between two such lines, ms; 0 with each fragment. */
  readonly metricLoggingPeriodMs?: number;
  /**
   * `intermittent`: a fragment is ended after 20 s without frames, so that the service persists
   * it; `continuous`: it waits for the next frame.
   */
  readonly automaticStreaming?: 'intermittent' | 'continuous';
  /**
   * What is asked of the control plane before each session. `all` (default): what is not known any
   * more; `endpoint-only`: the endpoint, and the stream is taken as there is, never described,
   * created or tagged, so that the credentials need neither right; `none`: everything, each time.
   */
  readonly apiCallCaching?: 'all' | 'endpoint-only' | 'none';
  /** How long an endpoint is good for, ms, a day at most; 0 is the default, 40 minutes. */
  readonly apiCallCachingPeriodMs?: number;
  /** How long is waited before each retry of anything. */
  readonly retryStrategy?: RetryStrategy;
};

/** The producer (upstream's DeviceInfo). */
export type DeviceInfo = {
  /** Name of the device, at most 128 bytes; goes into CreateStream. */
  readonly name?: string;
  /** Tags of the device, at most 50. Checked, and sent nowhere: KVS has no devices to tag. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Streams that the producer may have at a time. */
  readonly streamCount?: number;
  readonly storageInfo?: StorageInfo;
  readonly clientInfo?: ClientInfo;
};

/** A ClientInfo with every default filled in. */
export type ResolvedClientInfo = Readonly<Required<Omit<ClientInfo, 'retryStrategy'>>> & {
  readonly retryStrategy: BackoffOptions;
};

/** A DeviceInfo with every default filled in. */
export type ResolvedDeviceInfo = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly streamCount: number;
  readonly storageInfo: Readonly<Required<StorageInfo>>;
  readonly clientInfo: ResolvedClientInfo;
};

/** Defaults: the C++ SDK's device name, 128 MiB and 16 streams; time-outs as upstream's. */
export const DEVICE_DEFAULTS: ResolvedDeviceInfo = {
  name: 'Kinesis_Video_Device',
  tags: {},
  streamCount: 16,
  storageInfo: {
    storageType: 'in-memory',
    storageSize: 128 * 1024 * 1024,
    spillRatio: 0,
    rootDirectory: '',
  },
  clientInfo: {
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
    retryStrategy: DEFAULT_BACKOFF,
  },
};

/**
 * Fills in the defaults and checks everything.
 * @throws KvsError that names the field, its value and the limit.
 */
export function resolveDeviceInfo(info: DeviceInfo = {}): ResolvedDeviceInfo {
  const name = info.name ?? DEVICE_DEFAULTS.name;
  const tags = info.tags ?? DEVICE_DEFAULTS.tags;
  const streamCount = info.streamCount ?? DEVICE_DEFAULTS.streamCount;
  const storageInfo = { ...DEVICE_DEFAULTS.storageInfo, ...info.storageInfo };
  const retryStrategy = resolveRetryStrategy(info.clientInfo?.retryStrategy);
  const given = { ...DEVICE_DEFAULTS.clientInfo, ...info.clientInfo, retryStrategy };
  checkLength(
    'deviceInfo.name',
    name,
    STREAM_LIMITS.deviceNameBytes,
    'STATUS_INVALID_DEVICE_NAME_LENGTH',
    1,
  );
  checkTags('deviceInfo.tags', tags, STREAM_LIMITS);
  if (!Number.isInteger(streamCount) || streamCount < 1) {
    throw new KvsError(
      'STATUS_MIN_STREAM_COUNT',
      `deviceInfo.streamCount is ${streamCount}; 1 to ${STREAM_LIMITS.maxStreamCount} are allowed`,
    );
  }
  checkRange(
    'deviceInfo.streamCount',
    streamCount,
    1,
    STREAM_LIMITS.maxStreamCount,
    'STATUS_MAX_STREAM_COUNT',
  );
  checkStorage(storageInfo);
  checkClient(given);
  return { name, tags, streamCount, storageInfo, clientInfo: fixTimeouts(given) };
}

function checkStorage(info: Required<StorageInfo>): void {
  const { storageType, storageSize, spillRatio, rootDirectory } = info;
  const { minStorageBytes, maxStorageBytes, rootDirectoryBytes } = STREAM_LIMITS;
  checkOneOf('storageInfo.storageType', storageType, ['in-memory']);
  const code = 'STATUS_INVALID_STORAGE_SIZE';
  checkRange('storageInfo.storageSize', storageSize, minStorageBytes, maxStorageBytes, code);
  checkRange('storageInfo.spillRatio', spillRatio, 0, 100, 'STATUS_INVALID_SPILL_RATIO');
  const tooLong = 'STATUS_INVALID_ROOT_DIRECTORY_LENGTH';
  checkLength('storageInfo.rootDirectory', rootDirectory, rootDirectoryBytes, tooLong);
}

function checkClient(info: ResolvedClientInfo): void {
  const { automaticStreaming, apiCallCaching } = info;
  checkOneOf('clientInfo.automaticStreaming', automaticStreaming, ['intermittent', 'continuous']);
  checkOneOf('clientInfo.apiCallCaching', apiCallCaching, ['all', 'endpoint-only', 'none']);
  for (const key of [
    'createClientTimeoutMs',
    'createStreamTimeoutMs',
    'stopStreamTimeoutMs',
    'serviceCallConnectionTimeoutMs',
    'serviceCallCompletionTimeoutMs',
    'metricLoggingPeriodMs',
  ] as const) {
    checkAmount(`clientInfo.${key}`, info[key]);
  }
  checkRange(
    'clientInfo.apiCallCachingPeriodMs',
    info.apiCallCachingPeriodMs,
    0,
    STREAM_LIMITS.maxEndpointLifeMs,
    'STATUS_INVALID_ENDPOINT_CACHING_PERIOD',
  );
}

/** 0 is the default; a connection that may take longer than the call sets both back (upstream). */
function fixTimeouts(info: ResolvedClientInfo): ResolvedClientInfo {
  const defaults = DEVICE_DEFAULTS.clientInfo;
  let connect = info.serviceCallConnectionTimeoutMs || defaults.serviceCallConnectionTimeoutMs;
  let complete = info.serviceCallCompletionTimeoutMs || defaults.serviceCallCompletionTimeoutMs;
  if (connect > complete) {
    connect = defaults.serviceCallConnectionTimeoutMs;
    complete = defaults.serviceCallCompletionTimeoutMs;
  }
  return {
    ...info,
    createClientTimeoutMs: info.createClientTimeoutMs || defaults.createClientTimeoutMs,
    createStreamTimeoutMs: info.createStreamTimeoutMs || defaults.createStreamTimeoutMs,
    apiCallCachingPeriodMs: info.apiCallCachingPeriodMs || defaults.apiCallCachingPeriodMs,
    stopStreamTimeoutMs: info.stopStreamTimeoutMs || defaults.stopStreamTimeoutMs,
    serviceCallConnectionTimeoutMs: connect,
    serviceCallCompletionTimeoutMs: complete,
  };
}
