import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { KinesisVideoConsumer } from '../../src/consumer/consumer.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { call } from '../../test/local/support/client.ts';

/** What a viewer saw until it was stopped. */
export type Viewed = {
  readonly what: string;
  /** Fragments, segments or megabytes. */
  readonly seen: string;
  readonly problems: readonly string[];
};

/** Watches a stream until it is told to stop. */
export type Viewer = (url: string, stream: string, stop: AbortSignal) => Promise<Viewed>;

/** Each kind of player that the service has. */
export const VIEWERS: readonly Viewer[] = [viewByFfmpeg, viewByHls, viewByGetMedia, viewLive];

/** ffmpeg, which reads HLS as long as there is some. */
async function viewByFfmpeg(url: string, stream: string, stop: AbortSignal): Promise<Viewed> {
  const session = await openHls(url, stream);
  const args = ['-nostdin', '-v', 'error', '-i', session, '-c', 'copy', '-f', 'null', '-'];
  const child = spawn('ffmpeg', ['-progress', 'pipe:1', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let frames = '0';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    frames = [...text.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? frames;
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-2000);
  });
  const ended = once(child, 'close');
  const isStopped = await Promise.race([ended.then(() => false), stopped(stop).then(() => true)]);
  // A milder signal it looks at with the next packet, and there may be none any more.
  child.kill('SIGKILL');
  await ended;
  const problems = isStopped ? [] : ['ffmpeg ended by itself'];
  if (complaints !== '') problems.push(`ffmpeg says: ${complaints}`);
  return { what: `ffmpeg, HLS of ${stream}`, seen: `${frames} frames`, problems };
}

/** A player of HLS as simple as can be: it must be offered every fragment, and get each. */
async function viewByHls(url: string, stream: string, stop: AbortSignal): Promise<Viewed> {
  const master = await openHls(url, stream);
  const problems: string[] = [];
  const playlist = new URL(linesOf(await textOf(master))[0] ?? '', master).href;
  let next: number | undefined;
  let segments = 0;
  while (!stop.aborted && problems.length < 10) {
    const text = await textOf(playlist);
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 1);
    next ??= first;
    if (first > next) problems.push(`segments ${next} to ${first - 1} were never offered`);
    for (const segment of linesOf(text).slice(Math.max(0, next - first))) {
      const answer = await fetch(new URL(segment, playlist));
      const bytes = (await answer.arrayBuffer()).byteLength;
      if (answer.status !== 200 || bytes < 1000) problems.push(`${answer.status}, ${bytes} bytes`);
      segments += 1;
    }
    next = Math.max(next, first) + linesOf(text).slice(Math.max(0, next - first)).length;
    await pause(500);
  }
  return { what: `fetch, HLS of ${stream}`, seen: `${segments} segments`, problems };
}

/** The consumer of this package, by GetMedia. */
async function viewByGetMedia(url: string, stream: string, stop: AbortSignal): Promise<Viewed> {
  const consumer = new KinesisVideoConsumer({
    streamName: stream,
    endpoint: url,
    region: 'us-west-2',
    credentials: { accessKeyId: LOCAL_ACCESS_KEY_ID, secretAccessKey: LOCAL_SECRET_ACCESS_KEY },
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
  });
  const problems: string[] = [];
  const numbers: string[] = [];
  const onReconnect = (): void => void problems.push('the connection was lost');
  for await (const { number } of consumer.media({ signal: stop, onReconnect })) {
    numbers.push(number ?? '');
  }
  consumer.close();
  const listed = await numbersOf(url, stream);
  const from = listed.indexOf(numbers[0] ?? '');
  const expected = listed.slice(from, from + numbers.length);
  if (from < 0 || expected.join() !== numbers.join()) problems.push('not every fragment came');
  return { what: `GetMedia of ${stream}`, seen: `${numbers.length} fragments`, problems };
}

/** The page's player, which is sent each frame as it arrives. */
async function viewLive(url: string, stream: string, stop: AbortSignal): Promise<Viewed> {
  const problems: string[] = [];
  let bytes = 0;
  try {
    const answer = await fetch(`${url}/live/${stream}.mp4`, { signal: stop });
    for await (const part of answer.body ?? []) bytes += part.byteLength;
    problems.push('it ended');
  } catch (error) {
    if (!stop.aborted) problems.push(String(error));
  }
  return { what: `/live/${stream}.mp4`, seen: `${(bytes / 1e6).toFixed(1)} MB`, problems };
}

/** Every number that is stored of a stream. */
export async function numbersOf(url: string, StreamName: string): Promise<string[]> {
  const numbers: string[] = [];
  let token: unknown;
  do {
    const more = token === undefined ? {} : { NextToken: token };
    const input = { StreamName, MaxResults: 1000, ...more };
    const { body } = await call(url, '/listFragments', input);
    const page = body['Fragments'] as { FragmentNumber: string }[];
    numbers.push(...page.map(({ FragmentNumber }) => FragmentNumber));
    token = body['NextToken'];
  } while (token !== undefined);
  return numbers.sort();
}

async function openHls(url: string, StreamName: string): Promise<string> {
  const input = { StreamName, PlaybackMode: 'LIVE', Expires: 43_200 };
  const { status, body } = await call(url, '/getHLSStreamingSessionURL', input);
  if (status !== 200) throw new Error(`GetHLSStreamingSessionURL answers ${status}`);
  return String(body['HLSStreamingSessionURL']);
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${answer.status} for ${url}`);
  return answer.text();
}

/** The lines of a playlist that are addresses. */
function linesOf(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function stopped(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, 'abort');
}
