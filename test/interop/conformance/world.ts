import * as video from '@aws-sdk/client-kinesis-video';
import * as archived from '@aws-sdk/client-kinesis-video-archived-media';
import * as media from '@aws-sdk/client-kinesis-video-media';
import { startLocalService } from '../../../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { ClientOptions } from '../../local/support/client.ts';
import * as m from '../../local/support/matroska.ts';
import { h264Document } from '../../local/support/media.ts';
import { putDocument } from '../../local/support/put-media.ts';

/** Packages of AWS's SDK, and what their operations are called on. */
export const PACKAGES = { video, archived, media } as const;
export type PackageName = keyof typeof PACKAGES;

/** Where the cases run: a service, and the streams that they need there. */
export type World = {
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Undefined for AWS. */
  readonly endpoint: string | undefined;
  /** Another service, full of streams that are CREATING or DELETING; undefined for AWS. */
  readonly slow: World | undefined;
  /** Another one that limits calls, and whose seconds do not pass; undefined for AWS. */
  readonly limited: World | undefined;
  /** Epoch seconds at which the media of the streams begins. */
  readonly startSeconds: number;
  /** The full name of a stream of this run. */
  name(stream: string): string;
  /** Creates a stream; it retains a day unless said otherwise. */
  create(stream: string, hours?: number): Promise<void>;
  arn(stream: string): Promise<string>;
  version(stream: string): Promise<string>;
  /** Fragment numbers of a stream. */
  fragments(stream: string): Promise<string[]>;
  send(target: PackageName, operation: string, input: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

/** Streams with what they hold; `seconds` of media in fragments of one. */
const STREAMS: Readonly<Record<string, () => Uint8Array | undefined>> = {
  main: () => h264Document({ audio: true }),
  empty: () => undefined,
  doomed: () => undefined,
  retention: () => undefined,
  renamed: () => undefined,
  tiered: () => undefined,
  tagged: () => undefined,
  unknown: () => Buffer.from(latin1(m.head()).replace('/AVC', '/XYZ'), 'latin1'),
  missing: () => m.head(m.track(1, Buffer.alloc(0))),
  invalid: () => m.head(m.track(1, Buffer.from('0000000167640028', 'hex'))),
  broken: () => m.head(m.track(1, Buffer.from('014d4015ffe10001670100016800', 'hex'))),
};

/** The stream that retains nothing. */
const BARE = 'bare';

/** The service on this machine, or AWS when KVS_CONFORMANCE_REGION names a region of it. */
export async function openWorld(dataDir: string): Promise<World> {
  const region = process.env['KVS_CONFORMANCE_REGION'];
  if (region !== undefined) return prepared(await awsWorld(region));
  const service = await startLocalService({ dataDir });
  const slow = await startLocalService({
    dataDir: `${dataDir}-slow`,
    behaviours: { createStreamMs: 3_600_000, deleteStreamMs: 3_600_000, maxStreams: 2 },
  });
  const limited = await startLocalService({
    dataDir: `${dataDir}-limited`,
    awsLimits: true,
    clock: { ...systemClock, monotonicMs: () => 0 },
  });
  const close = async (): Promise<void> => {
    for (const one of [service, slow, limited]) await one.close();
  };
  const credentials = {
    accessKeyId: LOCAL_ACCESS_KEY_ID,
    secretAccessKey: LOCAL_SECRET_ACCESS_KEY,
  };
  const settings = { region: 'us-west-2', credentials, prefix: 'conformance', close };
  const [slowWorld, limitedWorld] = [slow, limited].map(({ url }) =>
    makeWorld({ ...settings, endpoint: url }),
  );
  const world = makeWorld({
    ...settings,
    endpoint: service.url,
    slow: slowWorld,
    limited: limitedWorld,
  });
  for (const name of ['creating', 'deleting']) await slowWorld?.create(name);
  await slowWorld?.send('video', 'DeleteStream', { StreamARN: await slowWorld.arn('deleting') });
  await limitedWorld?.create('main');
  if (limitedWorld !== undefined) await put(limitedWorld, 'main', h264Document());
  return prepared(world);
}

/** With the credentials of the environment; its streams are deleted at the end. */
async function awsWorld(region: string): Promise<World> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const { accessKeyId, secretAccessKey, sessionToken } = await fromNodeProviderChain()();
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  const prefix = `conformance-${Date.now()}`;
  const world: World = makeWorld({
    region,
    credentials,
    prefix,
    async close() {
      const found = await world.send('video', 'ListStreams', {
        StreamNameCondition: { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: prefix },
      });
      for (const { StreamARN } of found['StreamInfoList'] as { StreamARN: string }[]) {
        await world.send('video', 'DeleteStream', { StreamARN });
      }
    },
  });
  return world;
}

async function prepared(world: World): Promise<World> {
  for (const name of [BARE, ...Object.keys(STREAMS)]) {
    await world.create(name, name === BARE ? 0 : 24);
  }
  for (const [name, document] of Object.entries(STREAMS)) {
    const bytes = document();
    if (bytes !== undefined) await put(world, name, bytes);
  }
  const Tags = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`tag${i}`, 'x']));
  await world.send('video', 'TagStream', { StreamName: world.name('tagged'), Tags });
  return world;
}

async function put(world: World, stream: string, bytes: Uint8Array): Promise<void> {
  const found = await world.send('video', 'GetDataEndpoint', {
    StreamName: world.name(stream),
    APIName: 'PUT_MEDIA',
  });
  const options: ClientOptions = { region: world.region, ...world.credentials };
  // A whole document, or the head of one that gets a fragment whose frames are no pictures.
  const isHead = bytes.length < 1000;
  const body = isHead ? Buffer.concat([bytes, m.cluster(0), m.block(0), m.block(500)]) : bytes;
  await putDocument(String(found['DataEndpoint']), world.name(stream), body, {
    ...options,
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': String(world.startSeconds),
    },
  });
}

function makeWorld(settings: {
  region: string;
  credentials: World['credentials'];
  prefix: string;
  endpoint?: string;
  slow?: World | undefined;
  limited?: World | undefined;
  close(): Promise<void>;
}): World {
  const { region, credentials, prefix, endpoint, slow, limited } = settings;
  const startSeconds = Math.floor(Date.now() / 1000) - 60;
  const name = (stream: string): string => `${prefix}-${stream}`;
  const describe = async (stream: string) => {
    const { StreamInfo } = await send('video', 'DescribeStream', { StreamName: name(stream) });
    return StreamInfo as { StreamARN: string; Version: string };
  };
  const send: World['send'] = async (target, operation, input) => {
    const at = endpoint ?? (await dataEndpoint(target, operation, input));
    return sendTo(target, operation, input, {
      region,
      credentials,
      maxAttempts: 1,
      ...(at === undefined ? {} : { endpoint: at }),
    });
  };
  /** AWS has an endpoint for each kind of data. */
  const dataEndpoint = async (target: PackageName, operation: string, input: object) => {
    if (target === 'video') return undefined;
    const APIName = operation
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .replace('HLSS', 'HLS_S')
      .replace('DASHS', 'DASH_S')
      .toUpperCase();
    const { StreamName } = input as { StreamName?: string };
    // Where there is no stream, that of another one refuses the call.
    const known = StreamName?.startsWith(prefix) === true && !StreamName.endsWith('-none');
    const stream = known ? StreamName : name('main');
    const found = await send('video', 'GetDataEndpoint', { StreamName: stream, APIName });
    return String(found['DataEndpoint']);
  };
  return {
    region,
    credentials,
    endpoint,
    slow,
    limited,
    startSeconds,
    name,
    send,
    close: settings.close,
    create: async (stream, DataRetentionInHours = 24) => {
      await send('video', 'CreateStream', { StreamName: name(stream), DataRetentionInHours });
    },
    arn: async (stream) => (await describe(stream)).StreamARN,
    version: async (stream) => (await describe(stream)).Version,
    fragments: async (stream) => {
      const listed = await send('archived', 'ListFragments', { StreamName: name(stream) });
      return (listed['Fragments'] as { FragmentNumber: string }[]).map(
        ({ FragmentNumber }) => FragmentNumber,
      );
    },
  };
}

type Client = { send(command: object): Promise<Record<string, unknown>>; destroy(): void };

/** Calls an operation by its name, with numbers for times. */
export async function sendTo(
  target: PackageName,
  operation: string,
  input: object,
  configuration: object,
): Promise<Record<string, unknown>> {
  const all = PACKAGES[target] as unknown as Readonly<
    Record<string, new (input: object) => Client>
  >;
  const clientName = {
    video: 'KinesisVideoClient',
    archived: 'KinesisVideoArchivedMediaClient',
    media: 'KinesisVideoMediaClient',
  }[target];
  const [ClientClass, Command] = [all[clientName], all[`${operation}Command`]];
  if (ClientClass === undefined || Command === undefined) throw new Error(`No ${operation}`);
  const client = new ClientClass(configuration);
  try {
    const answer = await client.send(new Command(withDates(input) as object));
    const payload = answer['Payload'] as { destroy?(): void } | undefined;
    // GetMedia never ends.
    if (operation === 'GetMedia') payload?.destroy?.();
    return answer;
  } finally {
    if (operation !== 'GetMedia') client.destroy();
  }
}

function withDates(value: unknown, key = ''): unknown {
  if (typeof value === 'number' && key.endsWith('Timestamp')) return new Date(value * 1000);
  if (Array.isArray(value)) return value.map((one) => withDates(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withDates(one, name)]),
  );
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}
