import { KvsError } from '../../errors/kvs-error.ts';
import { checkStreamName } from '../../producer/info/stream-info.ts';
import { EXIT } from '../process/exit-codes.ts';
import { printJson } from '../process/table.ts';
import { patiently, type StreamsOptions, withControlPlane } from './with-control-plane.ts';

/** Options of `kvs-launch streams create`. */
export type CreateOptions = StreamsOptions & {
  /** Hours. */
  readonly retention: number;
  readonly mediaType?: string;
  readonly deviceName?: string;
  readonly kmsKey?: string;
  readonly tag: Readonly<Record<string, string>>;
};

/** `kvs-launch streams create`: prints the new stream's ARN. */
export function create(streamName: string, options: CreateOptions): Promise<number> {
  const { retention, mediaType, deviceName, kmsKey, tag, json } = options;
  checkStreamName(streamName);
  return withControlPlane(options, async (controlPlane) => {
    const { streamArn } = await patiently(() =>
      controlPlane.createStream({
        streamName,
        retentionHours: retention,
        ...(mediaType === undefined ? {} : { mediaType }),
        ...(deviceName === undefined ? {} : { deviceName }),
        ...(kmsKey === undefined ? {} : { kmsKeyId: kmsKey }),
      }),
    ).catch((error) => {
      throw isTaken(error) ? taken(streamName, error) : error;
    });
    if (Object.keys(tag).length > 0) {
      await patiently(() => controlPlane.tagStream({ streamArn }, tag));
    }
    if (json === true) printJson({ name: streamName, arn: streamArn });
    else process.stdout.write(`${streamArn}\n`);
    return EXIT.ok;
  });
}

function isTaken(error: unknown): error is KvsError {
  return error instanceof KvsError && error.failure?.kind === 'in-use';
}

function taken(streamName: string, cause: KvsError): KvsError {
  return new KvsError(cause.code, cause.message, {
    cause,
    ...(cause.failure === undefined ? {} : { failure: cause.failure }),
    advice: `Use another name; kvs-launch streams describe ${streamName} prints what it is.`,
  });
}
