import { createHash, createHmac } from 'node:crypto';
import type { LocalService } from '../../../src/local/options.ts';
import { startLocalService } from '../../../src/local/service.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { call, createStream } from '../support/client.ts';
import * as m from '../support/matroska.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';

/** Streams that there always are; each request at the same time has one of its own. */
export const STREAMS = ['hostile-0', 'hostile-1', 'hostile-2', 'hostile-3'] as const;

/** A service with media, and what a client knows of it. */
export type HostileWorld = {
  readonly service: LocalService;
  /** Paths and queries of what players and the page fetch. */
  readonly targets: readonly string[];
  readonly arn: string;
  readonly numbers: readonly string[];
  /** Documents that PutMedia takes. */
  readonly documents: readonly Buffer[];
};

/** Starts a service that keeps little, with media of one stream and sessions over it. */
export async function openWorld(dataDir: string): Promise<HostileWorld> {
  const service = await startLocalService({ dataDir, memoryBytes: 8 * 1024 * 1024 });
  const { url } = service;
  let arn = '';
  for (const name of STREAMS) arn = await createStream(url, name);
  const document = h264Document();
  await putDocument(url, 'hostile-0', document);
  await createStream(url, 'kept', { DataRetentionInHours: 24 });
  await putDocument(url, 'kept', document);
  const listed = await call(url, '/listFragments', { StreamName: 'kept' });
  const fragments = listed.body['Fragments'] as { FragmentNumber: string }[];
  const numbers = fragments.map((fragment) => fragment.FragmentNumber);
  return {
    service,
    arn,
    numbers,
    targets: [...(await playerTargets(url)), ...pageTargets(numbers)],
    documents: [document, ...smallDocuments()],
  };
}

async function playerTargets(url: string): Promise<string[]> {
  const targets: string[] = [];
  for (const [protocol, container] of [
    ['HLS', 'FRAGMENTED_MP4'],
    ['HLS', 'MPEG_TS'],
    ['DASH', undefined],
  ] as const) {
    const { body } = await call(url, `/get${protocol}StreamingSessionURL`, {
      StreamName: 'kept',
      PlaybackMode: 'ON_DEMAND',
      Expires: 43_200,
      ...(container === undefined ? {} : { ContainerFormat: container }),
      [`${protocol}FragmentSelector`]: {
        FragmentSelectorType: 'PRODUCER_TIMESTAMP',
        TimestampRange: { StartTimestamp: 0, EndTimestamp: 10 },
      },
    });
    const first = String(body[`${protocol}StreamingSessionURL`]);
    targets.push(
      first.slice(url.length),
      ...(await linksOf(first, 3)).map((link) => link.slice(url.length)),
    );
  }
  return targets;
}

/** What a playlist leads to, and what that leads to. */
async function linksOf(address: string, depth: number): Promise<string[]> {
  if (depth === 0 || !address.includes('m3u8')) return [];
  const text = await (await fetch(address)).text();
  const found = text
    .split('\n')
    .map((line) => /URI="([^"]+)"/.exec(line)?.[1] ?? (line.startsWith('#') ? '' : line))
    .filter((line) => line !== '')
    .map((line) => new URL(line, address).href);
  const further = await Promise.all(found.map((link) => linksOf(link, depth - 1)));
  return [...new Set([...found, ...further.flat()])];
}

function pageTargets([number = '1']: readonly string[]): string[] {
  return [
    '/',
    '/api/streams',
    '/api/service',
    '/api/events',
    '/api/events?stream=kept',
    '/api/stream?stream=kept&from=0&until=99999',
    '/api/timeline?stream=kept&from=0&until=100000&points=300',
    `/api/fragment?stream=kept&number=${number}`,
    `/api/fragment.mkv?stream=kept&number=${number}`,
    '/api/key-frame.mp4?stream=kept&at=1500',
    '/api/recording?stream=kept&from=0',
    // Of a stream that is, it is answered when media comes.
    '/live/none.mp4',
    '/api/faults',
    '/api/faults/1',
    '/health',
    '/metrics',
  ];
}

function smallDocuments(): Buffer[] {
  return [
    Buffer.concat([
      m.head(),
      m.cluster(1000),
      m.block(0),
      m.tags(['a', 'b']),
      m.cluster(2000),
      m.block(0),
      m.END_OF_FRAGMENT,
    ]),
    Buffer.concat([
      m.head(m.track(1), m.track(2)),
      m.fileTags(['ENCODER', 'x']),
      m.sizedCluster(5, m.block(0), m.block(1, 2)),
    ]),
  ];
}

/** Headers of a signed request, made without the service's code. */
export function signedHeaders(
  url: string,
  path: string,
  body: Uint8Array | '',
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { ...more, host: new URL(url).host, 'x-amz-date': date };
  const names = Object.keys(headers).sort();
  const canonical = [
    'POST',
    path,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${date.slice(0, 8)}/us-west-2/kinesisvideo/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(Buffer.from(canonical))].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => hmac(secret, part),
      `AWS4${LOCAL_SECRET_ACCESS_KEY}`,
    );
  const signature = hmac(key, text).toString('hex');
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${LOCAL_ACCESS_KEY_ID}/${scope}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

function sha256(bytes: Uint8Array | ''): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
