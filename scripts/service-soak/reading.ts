import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { answerOf, call, createStream, open, sign } from '../../test/local/support/client.ts';
import { type LocalCommand, residentMiB, startCommand } from '../../test/local/support/command.ts';
import { putMedia } from '../../test/local/support/put-media.ts';
import { readFragments } from './get-fragments.ts';
import { bodyOf, prepareMedia } from './prepared-media.ts';
import { numbersOf } from './viewers.ts';

export type ReadingOptions = {
  readonly rounds: number;
  /** Stored at first, of two seconds each. */
  readonly fragments: number;
  readonly bitsPerSecond: number;
  /** Clients at once. */
  readonly clients: number;
};

const STREAM = 'large';
/** Whatever is stored: after a start, and when a page of it was listed. */
const MAX_START_MIB = 100;
/** From the first round to the last one. */
const MAX_GROWTH_MIB = 12;
/** Connections of GetMedia per stream. */
const MAX_GET_MEDIA = 3;
/** What Node gives back of its own accord, it has given back by then. */
const REST_MS = 10_000;

/**
 * Reads all that is stored in each way that there is, again and again: what is kept of it would show
 * from round to round. Returns what must not be.
 */
export async function soakReading(folder: string, options: ReadingOptions): Promise<string[]> {
  const { rounds, fragments, bitsPerSecond, clients } = options;
  const problems: string[] = [];
  const service = await startCommand(folder);
  const { url, child } = service;
  try {
    await createStream(url, STREAM);
    await fill(url, bitsPerSecond, fragments);
    const numbers = await numbersOf(url, STREAM);
    if (numbers.length !== fragments) throw new Error(`${numbers.length} fragments are stored`);
    say(service, 'written');
    const afterRounds: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const [name, read] of READERS) {
        const beganMs = performance.now();
        const count = Math.min(clients, name === 'GetMedia' ? MAX_GET_MEDIA : clients);
        const bytes = await Promise.all(
          Array.from({ length: count }, () => read(url, numbers, bitsPerSecond)),
        );
        const total = bytes.reduce((sum, one) => sum + one, 0) / 1e6;
        const seconds = (performance.now() - beganMs) / 1000;
        say(service, `round ${round}, ${name}: ${total.toFixed(0)} MB in ${seconds.toFixed(1)} s`);
      }
      await pause(REST_MS);
      afterRounds.push(residentMiB(child).now);
    }
    const growth = (afterRounds.at(-1) ?? 0) - (afterRounds[0] ?? 0);
    console.log(`from the first round to the last one, ${growth.toFixed(1)} MiB more`);
    if (growth > MAX_GROWTH_MIB) problems.push(`memory grew by ${growth.toFixed(1)} MiB`);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  const again = await startCommand(folder);
  await numbersOf(again.url, STREAM);
  say(again, 'after a restart');
  const { now } = residentMiB(again.child);
  if (now > MAX_START_MIB) problems.push(`${now.toFixed(0)} MiB after a restart`);
  again.child.kill('SIGTERM');
  await once(again.child, 'exit');
  return problems;
}

function say({ child }: LocalCommand, what: string): void {
  const { now, peak } = residentMiB(child);
  console.log(`${what}; ${now.toFixed(0)} MiB, at most ${peak.toFixed(0)}`);
}

/** Uploads the stream at full speed. */
async function fill(url: string, bitsPerSecond: number, fragments: number): Promise<void> {
  const media = prepareMedia(bitsPerSecond, 10, 2);
  const { request, ended } = await putMedia(url, STREAM);
  for (const { bytes } of bodyOf(media, Date.now() - fragments * 2000, fragments)) {
    if (!request.write(bytes)) await once(request, 'drain');
  }
  request.end();
  const errors = (await ended).filter(({ EventType }) => EventType === 'ERROR');
  if (errors.length > 0) throw new Error(`PutMedia: ${JSON.stringify(errors[0])}`);
}

/** Returns how many bytes came. */
type Reader = (url: string, numbers: readonly string[], bitsPerSecond: number) => Promise<number>;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['GetMedia', readGetMedia],
  ['ListFragments', async (url) => (await numbersOf(url, STREAM)).join().length],
  ['GetMediaForFragmentList', readList],
  ['HLS, fragmented MP4', (url) => readHls(url, 'FRAGMENTED_MP4')],
  ['HLS, MPEG-TS', (url) => readHls(url, 'MPEG_TS')],
  ['GetClip', readClip],
]);

/** Everything from the oldest fragment on; then the answer would go on with what arrives. */
async function readGetMedia(
  url: string,
  numbers: readonly string[],
  bitsPerSecond: number,
): Promise<number> {
  const StartSelector = { StartSelectorType: 'EARLIEST' };
  const response = await post(url, '/getMedia', { StreamName: STREAM, StartSelector });
  const last = `TOKEN`;
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    // The bit rate is constant: behind nine tenths the newest number may come.
    if (bytes < numbers.length * (bitsPerSecond / 4) * 0.9) continue;
    if (part.includes(numbers.at(-1) ?? last)) break;
  }
  response.destroy();
  return bytes;
}

async function readList(url: string, numbers: readonly string[]): Promise<number> {
  let read = 0;
  for (let from = 0; from < numbers.length; from += 1000) {
    read += await readFragments(url, STREAM, numbers.slice(from, from + 1000));
  }
  if (read !== numbers.length) throw new Error(`${read} of ${numbers.length} fragments came`);
  return 0;
}

async function readHls(url: string, ContainerFormat: string): Promise<number> {
  const nowS = Date.now() / 1000;
  const input = {
    StreamName: STREAM,
    PlaybackMode: 'ON_DEMAND',
    ContainerFormat,
    MaxMediaPlaylistFragmentResults: 5000,
    HLSFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: nowS - 86_000, EndTimestamp: nowS },
    },
  };
  const { status, body } = await call(url, '/getHLSStreamingSessionURL', input);
  if (status !== 200) throw new Error(`GetHLSStreamingSessionURL answers ${status}`);
  const master = String(body['HLSStreamingSessionURL']);
  return (await fetched(master)).bytes;
}

/** What a playlist leads to, all of it. */
async function fetched(url: string): Promise<{ bytes: number }> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${answer.status} for ${url}`);
  if (!url.includes('.m3u8')) return { bytes: (await answer.arrayBuffer()).byteLength };
  const text = await answer.text();
  let { length: bytes } = text;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    bytes += (await fetched(new URL(line, url).href)).bytes;
  }
  return { bytes };
}

/** As much as a clip may have. */
async function readClip(
  url: string,
  _numbers: readonly string[],
  bitsPerSecond: number,
): Promise<number> {
  const seconds = Math.min(390, 90e6 / (bitsPerSecond / 8));
  const { body } = await call(url, '/listFragments', { StreamName: STREAM, MaxResults: 1 });
  const [first] = body['Fragments'] as { ProducerTimestamp: number }[];
  const start = first?.ProducerTimestamp ?? 0;
  const response = await post(url, '/getClip', {
    StreamName: STREAM,
    ClipFragmentSelector: {
      FragmentSelectorType: 'PRODUCER_TIMESTAMP',
      TimestampRange: { StartTimestamp: start, EndTimestamp: start + seconds },
    },
  });
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) bytes += part.length;
  return bytes;
}

async function post(service: string, path: string, input: object) {
  const url = new URL(path, service);
  const body = Buffer.from(JSON.stringify(input));
  const headers = await sign(url, { 'content-length': String(body.length) }, body);
  const sent = open(url, headers);
  sent.end(body);
  const response = await answerOf(sent);
  if (response.statusCode !== 200) throw new Error(`${path} answers ${response.statusCode}`);
  return response;
}
