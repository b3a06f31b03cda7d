import { pipeline, type Readable, Transform } from 'node:stream';
import { KvsError } from '../../errors/kvs-error.ts';

/** The longest answers of the control plane, a stream's description and a refusal, have some KB. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * An answer's body that fails, and with it the connection, when it has more than `maxBytes`: what
 * answers there without an end is not the service, and must not fill the memory.
 */
export function boundedBody(body: Readable, maxBytes: number, where: string): Readable {
  let leftBytes = maxBytes;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      leftBytes -= chunk.byteLength;
      if (leftBytes < 0) done(tooLong(where, maxBytes));
      else done(null, chunk);
    },
  });
  // Whoever reads the bounded body hears of the failure there.
  pipeline(body, bounded, () => {});
  return bounded;
}

function tooLong(where: string, maxBytes: number): KvsError {
  return new KvsError(
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    `${where} answered with more than ${maxBytes} bytes`,
    {
      advice: 'Check the endpoint: this is not a response of Kinesis Video Streams.',
      failure: {
        kind: 'service',
        httpStatus: undefined,
        exception: undefined,
        retryAfterMs: undefined,
      },
    },
  );
}
