import { KinesisVideoConsumer } from '../../consumer/consumer.ts';
import type { HlsOptions, HlsSession } from '../../consumer/consumer-options.ts';
import { KvsError } from '../../errors/kvs-error.ts';
import { openJsonLog } from '../../host/log/json-log.ts';
import { serviceSettings } from '../process/aws-options.ts';
import { EXIT } from '../process/exit-codes.ts';
import { logEnvironment } from '../process/log-options.ts';
import { streamOf } from '../process/stream-argument.ts';
import { printJson } from '../process/table.ts';
import type { PlayOptions } from './play-options.ts';

/** Of which a session of a range has 5,000 at most: in no stream are they shorter. */
const LEAST_FRAGMENT_MS = 1_000;
const MAX_FRAGMENTS = 5_000;

/**
 * `kvs-launch play`: the stream's HLS URL, or a player that shows it.
 * @throws KvsError when the service refuses, or what was asked for cannot be
 */
export async function play(stream: string, options: PlayOptions): Promise<number> {
  checkOptions(options);
  const logger = openJsonLog(logEnvironment(options, process.env));
  const consumer = new KinesisVideoConsumer({
    ...streamOf(stream),
    ...serviceSettings(options),
    ...(logger === undefined ? {} : { logger }),
  });
  try {
    if (options.window === true) {
      const { playInWindow } = await import('./window.ts');
      return await playInWindow(consumer, options);
    }
    const openSession = (): Promise<HlsSession> => explained(consumer.hls(hlsOptions(options)));
    const session = await openSession();
    await checkLength(consumer, options);
    if (options.open === true) {
      const { playInBrowser } = await import('./browser.ts');
      return await playInBrowser(stream, session, openSession);
    }
    print(session, options);
    return EXIT.ok;
  } finally {
    consumer.close();
  }
}

function checkOptions({ open, window, json, from, to }: PlayOptions): void {
  if ([open, window, json].filter((given) => given === true).length > 1) {
    throw new KvsError('STATUS_INVALID_ARG', 'Several things are asked for', {
      advice: 'Give one of --open, --window and --json.',
    });
  }
  if (to === undefined) return;
  if (from === undefined || to <= from) {
    throw new KvsError('STATUS_INVALID_ARG', 'A range begins before it ends', {
      advice: '--to needs an earlier --from.',
    });
  }
}

function hlsOptions({ from, to, by, expires }: PlayOptions): HlsOptions {
  return {
    by,
    expiresSeconds: expires,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function print({ url, expires }: HlsSession, { json }: PlayOptions): void {
  if (json === true) {
    printJson({ url, expires });
    return;
  }
  process.stdout.write(`${url}\n`);
  process.stderr.write(
    `Until ${expires.toISOString()}, everybody who has this URL can watch. mpv, VLC, ffplay and ` +
      'Safari play it; --open shows it in any browser.\n',
  );
}

/** A session that leaves out the end of a range does not say so. */
async function checkLength(
  consumer: KinesisVideoConsumer,
  { from, to, by }: PlayOptions,
): Promise<void> {
  if (from === undefined || to === undefined) return;
  if (to.getTime() - from.getTime() < MAX_FRAGMENTS * LEAST_FRAGMENT_MS) return;
  let count = 0;
  for await (const { producerTimestamp, serverTimestamp } of consumer.fragments({ from, to, by })) {
    count += 1;
    if (count <= MAX_FRAGMENTS) continue;
    const end = by === 'server' ? serverTimestamp : producerTimestamp;
    process.stderr.write(
      `An HLS session has ${MAX_FRAGMENTS} fragments at most: it ends at ${end.toISOString()}\n`,
    );
    return;
  }
}

/** The service's error, with what a viewer can do about it. */
async function explained(session: Promise<HlsSession>): Promise<HlsSession> {
  try {
    return await session;
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    const advice = adviceOn(error.message);
    if (advice === undefined) throw error;
    throw new KvsError(error.code, error.message, { cause: error, advice });
  }
}

function adviceOn(message: string): string | undefined {
  if (/UnsupportedStreamMediaType|InvalidCodecPrivateData|MissingCodecPrivateData/.test(message)) {
    return 'HLS is for H.264 and H.265, with AAC. kvs-launch play --window plays other codecs.';
  }
  if (/No fragments? found/i.test(message)) {
    return 'Nothing is being sent now: give --from (and --to) for what is stored; kvs-launch get --list shows what is.';
  }
  if (/NoDataRetention/.test(message)) {
    return 'The stream stores nothing: without --from, it can be watched while it is being sent.';
  }
  return undefined;
}
