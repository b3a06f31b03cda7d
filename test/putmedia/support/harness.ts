import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ControlPlane, StreamDescription } from '../../../src/aws/control-plane-api.ts';
import type { CredentialProvider } from '../../../src/aws/signing/aws-credentials.ts';
import type { ClockSkew } from '../../../src/aws/signing/clock-skew.ts';
import { KvsError } from '../../../src/errors/kvs-error.ts';
import { createUploader } from '../../../src/putmedia/uploader/uploader.ts';
import type {
  ConnectionState,
  FragmentAck,
  Uploader,
  UploaderDependencies,
  UploaderSettings,
} from '../../../src/putmedia/uploader-api.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import { type Logger, silentLogger } from '../../../src/runtime/logger.ts';
import { MemorySource } from './memory-source.ts';

/** A control plane whose answers a test scripts; counts the calls. */
export class FakeControlPlane implements ControlPlane {
  readonly calls = { describe: 0, create: 0, tag: 0, update: 0, endpoint: 0 };
  /** Queued faults by call; each is thrown once. */
  readonly faults: {
    [Call in 'describe' | 'create' | 'tag' | 'update' | 'endpoint']?: KvsError[];
  } = {};
  /** Faults without end. */
  always: { [Call in 'describe' | 'create' | 'tag' | 'update' | 'endpoint']?: KvsError } = {};
  readonly tagged: Record<string, string>[] = [];
  readonly updates: { operation: string; hours: number }[] = [];
  readonly created: Parameters<ControlPlane['createStream']>[0][] = [];
  exists = true;
  statuses: StreamDescription['status'][] = [];
  retentionHours = 2;
  endpoint: string;
  readonly clockSkew?: ClockSkew;

  constructor(endpoint: string, clockSkew?: ClockSkew) {
    this.endpoint = endpoint;
    if (clockSkew !== undefined) this.clockSkew = clockSkew;
  }

  async describeStream(): Promise<StreamDescription> {
    await this.#call('describe');
    if (!this.exists) throw serviceFailure('not-found', 404);
    return {
      streamName: 'camera',
      streamArn: 'arn:aws:kinesisvideo:us-west-2:123456789012:stream/camera/1',
      status: this.statuses.shift() ?? 'ACTIVE',
      retentionHours: this.retentionHours,
      mediaType: 'video/h264',
      kmsKeyId: undefined,
      version: 'v1',
    };
  }

  async createStream(
    request: Parameters<ControlPlane['createStream']>[0],
  ): Promise<{ streamArn: string }> {
    await this.#call('create');
    this.created.push(request);
    this.exists = true;
    return { streamArn: 'arn:aws:kinesisvideo:us-west-2:123456789012:stream/camera/1' };
  }

  async tagStream(_stream: unknown, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('tag');
    this.tagged.push({ ...tags });
  }

  async updateDataRetention(
    _stream: unknown,
    change: { operation: 'INCREASE' | 'DECREASE'; hours: number },
  ): Promise<void> {
    await this.#call('update');
    this.updates.push({ operation: change.operation, hours: change.hours });
  }

  async getDataEndpoint(): Promise<string> {
    await this.#call('endpoint');
    return this.endpoint;
  }

  close(): void {}

  async #call(name: 'describe' | 'create' | 'tag' | 'update' | 'endpoint'): Promise<void> {
    this.calls[name] += 1;
    await Promise.resolve();
    const fault = this.faults[name]?.shift() ?? this.always[name];
    if (fault !== undefined) throw fault;
  }
}

/** A service's refusal as src/aws makes it. */
export function serviceFailure(
  kind: NonNullable<KvsError['failure']>['kind'],
  httpStatus?: number,
): KvsError {
  const code =
    kind === 'not-found'
      ? 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR'
      : kind === 'invalid-argument'
        ? 'STATUS_SERVICE_CALL_INVALID_ARG_ERROR'
        : kind === 'limit'
          ? 'STATUS_SERVICE_CALL_STREAM_LIMIT_ERROR'
          : kind === 'timeout'
            ? 'STATUS_SERVICE_CALL_TIMEOUT_ERROR'
            : kind === 'access-denied' || kind === 'expired-credentials'
              ? 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR'
              : 'STATUS_SERVICE_CALL_UNKOWN_ERROR';
  return new KvsError(code, `the call was refused (${kind})`, {
    failure: { kind, httpStatus, exception: undefined, retryAfterMs: undefined },
  });
}

/** Everything that an uploader reported to its owner. */
export type Heard = {
  readonly ready: string[];
  readonly connections: ConnectionState[];
  readonly acks: { ack: FragmentAck; index: number | undefined; session: number }[];
  readonly errors: { error: KvsError; fatal: boolean; index: number | undefined }[];
  readonly stale: number[];
  readonly staleReasons: string[];
};

export const DEFAULT_SETTINGS: UploaderSettings = {
  streamName: 'camera',
  streamArn: undefined,
  deviceName: 'Kinesis_Video_Device',
  contentType: () => 'video/h264',
  kmsKeyId: undefined,
  retentionHours: 2,
  updateRetention: false,
  tags: {},
  allowStreamCreation: true,
  fragmentAcks: true,
  absoluteFragmentTimes: true,
  restartOnError: true,
  replayDurationMs: 40_000,
  connectionStalenessMs: 60_000,
  connectTimeoutMs: 5_000,
  completionTimeoutMs: 10_000,
  userAgent: 'test/1.0',
  maxSessionMs: 40 * 60_000,
  allowInsecureHttp: false,
};

export type HarnessOptions = {
  readonly endpoint: string;
  readonly settings?: Partial<UploaderSettings>;
  readonly clock?: Clock;
  readonly clockSkew?: ClockSkew;
  readonly random?: () => number;
  readonly log?: Logger;
  readonly source?: MemorySource;
  readonly ca?: string;
  readonly credentials?: CredentialProvider;
};

/** An uploader with everything around it that is AWS's replaced. */
export class Harness implements Disposable {
  readonly source: MemorySource;
  readonly controlPlane: FakeControlPlane;
  readonly heard: Heard = {
    ready: [],
    connections: [],
    acks: [],
    errors: [],
    stale: [],
    staleReasons: [],
  };
  readonly uploader: Uploader;
  readonly settings: UploaderSettings;
  readonly dependencies: UploaderDependencies;
  readonly refreshes: boolean[] = [];
  onEvent: () => void = () => {};
  /** Whether a stale connection is left to the uploader. */
  resetsStale = true;
  readonly #agents: Agent[];

  constructor(options: HarnessOptions) {
    this.source = options.source ?? new MemorySource();
    this.controlPlane = new FakeControlPlane(options.endpoint, options.clockSkew);
    const http = new HttpAgent({ keepAlive: false });
    const https = new HttpsAgent({
      keepAlive: false,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    this.#agents = [http, https];
    const credentials: CredentialProvider = options.credentials ?? {
      name: 'test',
      get: async ({ forceRefresh = false } = {}) => {
        this.refreshes.push(forceRefresh);
        return { accessKeyId: 'AKID', secretAccessKey: 'secret' };
      },
    };
    const told = (): void => this.onEvent();
    this.dependencies = {
      source: this.source,
      controlPlane: this.controlPlane,
      credentials,
      region: 'us-west-2',
      agentFor: (url) => (url.protocol === 'https:' ? https : http),
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      log: options.log ?? silentLogger,
      events: {
        ready: (arn) => {
          this.heard.ready.push(arn);
          told();
        },
        connection: (state) => {
          this.heard.connections.push(state);
          told();
        },
        ack: (ack, fragment, session) => {
          this.heard.acks.push({ ack, index: fragment?.index, session });
          told();
        },
        error: (error, { fatal, fragment }) => {
          this.heard.errors.push({ error, fatal, index: fragment?.index });
          told();
        },
        stale: (agoMs, reason) => {
          this.heard.stale.push(agoMs);
          this.heard.staleReasons.push(reason.code);
          told();
          return this.resetsStale;
        },
      },
    };
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.uploader = createUploader(this.settings, this.dependencies);
  }

  /** Codes of the errors reported so far. */
  get errorCodes(): string[] {
    return this.heard.errors.map(({ error }) => error.code);
  }

  [Symbol.dispose](): void {
    this.uploader.close();
    for (const agent of this.#agents) agent.destroy();
  }
}

/** Resolves when `condition` holds; looks again whenever something happened. */
export async function waitFor(
  condition: () => boolean,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let look = 0; !condition(); look++) {
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    // Most things are done within a few turns of the event loop.
    await new Promise<void>((resolve) => {
      if (look < 100) setImmediate(resolve);
      else setTimeout(resolve, 2);
    });
  }
}
