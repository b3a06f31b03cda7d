import { randomBytes } from 'node:crypto';
import { KvsError } from '../../../errors/kvs-error.ts';
import { KinesisVideoProducer } from '../../../producer/producer.ts';
import { about, type Check, type Finding } from '../findings/finding.ts';
import { refusal } from './permission-checks.ts';
import type { ServiceTarget } from './service-target.ts';

const UPLOAD = about('PutMedia', 'frames-are-dropped-or-the-store-is-out-of-memory');

/** Large enough that the rate counts and not the connection; small enough for a mobile line. */
const FRAGMENTS = 8;
const FRAGMENT_BYTES = 512 * 1024;
const FRAGMENT_NS = 1_000_000_000n;

/** A line that takes longer is too slow for video. */
const PATIENCE_MS = 12_000;

/** What is sent is no video: nobody shall take it for some. */
const CODEC_ID = 'S_KVS_LAUNCH_DOCTOR';

/** The only look that leaves something behind: 4 MiB in a stream that was named for it. */
export function uploadCheck(
  target: Promise<ServiceTarget>,
  wanted: boolean,
  streamBitsPerSecond: Promise<number | undefined>,
): Check {
  return {
    ...UPLOAD,
    look: async () => {
      if (!wanted) {
        return UPLOAD.skipped(
          'Permission and bandwidth show only by sending.',
          'kvs-launch doctor --stream-name NAME --send',
        );
      }
      const given = await target;
      try {
        return rateFinding(await upload(given), await streamBitsPerSecond);
      } catch (error) {
        return refusal(UPLOAD, error, given.streamName);
      }
    },
  };
}

/** The line's rate, beside that of the stream that is to go through it. */
export function rateFinding(bitsPerSecond: number, stream: number | undefined): Finding {
  const rate = `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  if (stream === undefined || stream === 0) return UPLOAD.ok(`It is allowed; ${rate} upstream.`);
  const needed = `${(stream / 1e6).toFixed(1)} Mbit/s`;
  // What is lost to a busy line, and to catching up after an outage.
  if (bitsPerSecond > stream * 1.5) {
    return UPLOAD.ok(`It is allowed; ${rate} upstream, for a stream of ${needed}.`);
  }
  return UPLOAD.warning(
    `${rate} upstream are little for a stream of ${needed}: after an outage it never catches up.`,
    'Lower the encoder’s bitrate, or run kvs-launch --adaptive-bitrate.',
  );
}

/** @returns bits per second, by what was persisted. */
async function upload(target: ServiceTarget): Promise<number> {
  const { region, endpoint, caFile, allowInsecureHttp, credentials } = target;
  const producer = new KinesisVideoProducer({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(allowInsecureHttp === undefined ? {} : { allowInsecureHttp }),
    credentials,
  });
  const { streamName, streamArn } = target;
  const stream = producer.createStream({
    ...(streamArn !== undefined ? { streamArn } : streamName === undefined ? {} : { streamName }),
    streamingType: 'offline',
    allowStreamCreation: false,
    trackInfoList: [
      {
        trackId: 1,
        trackName: 'kvs-launch doctor',
        description: { kind: 'other', mediaType: 'application/octet-stream', codecId: CODEC_ID },
      },
    ],
  });
  let startedMs: number | undefined;
  let persistedMs = 0;
  let persisted = 0;
  stream.on('streamReady', () => {
    startedMs = performance.now();
  });
  stream.on('fragmentAck', ({ ack }) => {
    if (ack.type !== 'PERSISTED') return;
    persisted += 1;
    persistedMs = performance.now();
  });
  try {
    const data = randomBytes(FRAGMENT_BYTES);
    const beginNs = BigInt(Date.now()) * 1_000_000n;
    for (let i = 0; i < FRAGMENTS; i++) {
      const ptsNs = beginNs + BigInt(i) * FRAGMENT_NS;
      await stream.putFrame({
        trackId: 1,
        ptsNs,
        dtsNs: ptsNs,
        durationNs: FRAGMENT_NS,
        isKeyFrame: true,
        data,
      });
    }
    await stream.stop({ timeoutMs: PATIENCE_MS }).catch((error: unknown) => {
      // Some of it has come through: then it is slow, not impossible.
      if (persisted === 0) throw error;
    });
    if (startedMs === undefined || persisted === 0) {
      throw new KvsError('STATUS_OPERATION_TIMED_OUT', 'Nothing of what was sent was persisted');
    }
    return (persisted * FRAGMENT_BYTES * 8_000) / (persistedMs - startedMs);
  } finally {
    producer.close();
  }
}
