import { openJsonLog } from '../../host/log/json-log.ts';
import { KinesisVideoProducer } from '../../producer/producer.ts';
import type { KinesisVideoStream } from '../../producer/stream.ts';
import { durationText } from '../../runtime/duration-text.ts';
import { type AwsOptions, serviceSettings } from '../process/aws-options.ts';
import { EXIT } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupts.ts';
import { type LogOptions, logEnvironment } from '../process/log-options.ts';
import { type SpoolSummary, summariesOf } from './spools.ts';

/** Options of `kvs-launch spool send`. */
export type SendOptions = AwsOptions &
  LogOptions & {
    readonly keyFile?: string;
    readonly bandwidth?: number;
    /** Seconds. */
    readonly timeout?: number;
  };

/**
 * `kvs-launch spool send`: sends what waits, without a camera, as the next start of the pipeline
 * would. An interrupt leaves what was not sent where it is.
 * @throws KvsError what stands in the way
 */
export async function send(
  directory: string,
  stream: string | undefined,
  options: SendOptions,
): Promise<number> {
  const summaries = await summariesOf(directory, stream);
  const logger = openJsonLog(logEnvironment(options, process.env));
  const producer = new KinesisVideoProducer({
    ...serviceSettings(options),
    ...(logger === undefined ? {} : { logger }),
  });
  let isInterrupted = false;
  let isComplete = true;
  try {
    for (const summary of summaries) {
      if (isInterrupted) break;
      if (summary.fragments === 0) continue;
      const sending = openStream(producer, directory, summary, options);
      onInterrupt(() => {
        isInterrupted = true;
        sending.close();
      });
      isComplete = (await sent(sending, summary, options)) && isComplete;
    }
  } finally {
    producer.close();
  }
  if (isInterrupted) return EXIT.interrupted;
  return isComplete ? EXIT.ok : EXIT.error;
}

function openStream(
  producer: KinesisVideoProducer,
  directory: string,
  { streamName, streamArn }: SpoolSummary,
  { keyFile, bandwidth }: SendOptions,
): KinesisVideoStream {
  return producer.createStream({
    ...(streamName === undefined ? {} : { streamName }),
    ...(streamArn === undefined ? {} : { streamArn }),
    // What its media type is to be nobody knows here.
    allowStreamCreation: false,
    // Of what was recorded before the clock was set.
    clockErrors: 'correct',
    spoolDirectory: directory,
    ...(keyFile === undefined ? {} : { spoolKeyFile: keyFile }),
    ...(bandwidth === undefined ? {} : { spoolBandwidthBps: bandwidth }),
  });
}

/** @returns false where something was not sent */
async function sent(
  stream: KinesisVideoStream,
  { stream: name, fragments }: SpoolSummary,
  { timeout }: SendOptions,
): Promise<boolean> {
  let isWhole = true;
  stream.on('spool', ({ fragments: left, bytes, timeToGoMs }) => {
    const time = timeToGoMs === undefined ? '' : `, about ${durationText(timeToGoMs)}`;
    process.stdout.write(
      `${name}: ${left} of ${fragments} fragments left (${(bytes / 1e6).toFixed(1)} MB${time})\n`,
    );
  });
  stream.on('streamWarning', ({ warning }) => {
    isWhole = false;
    process.stderr.write(`WARNING: ${warning.message}\n${warning.advice}\n`);
  });
  stream.on('connectionState', (state) => {
    if (state.kind === 'reconnecting') process.stderr.write(`${state.reason.message}\n`);
  });
  await stream.stop({ timeoutMs: (timeout ?? Number.POSITIVE_INFINITY) * 1000 });
  return isWhole;
}
