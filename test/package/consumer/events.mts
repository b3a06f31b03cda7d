// Compiled with and without @types/node by the tests, and never run.
import { KinesisVideoProducer, type KinesisVideoStream, type KvsError } from 'kvs-launch';
import { KinesisVideoConsumer } from 'kvs-launch/consumer';
import { type LocalService, startLocalService } from 'kvs-launch/local';

const producer = new KinesisVideoProducer({ region: 'us-west-2' });
const stream: KinesisVideoStream = producer.createStream({ streamName: 'door' });
stream
  .on('fragmentAck', ({ ack, latencyMs }) => {
    const type: 'BUFFERING' | 'RECEIVED' | 'PERSISTED' | 'ERROR' | 'IDLE' = ack.type;
    const ms: number | undefined = latencyMs;
    return [type, ms];
  })
  .once('error', (error: KvsError) => error.advice);
stream.putFrame({
  trackId: 1,
  ptsNs: 0n,
  dtsNs: undefined,
  durationNs: 0n,
  isKeyFrame: true,
  data: new Uint8Array(1),
});

export async function untilTheEnd() {
  await using service = await startLocalService({ dataDir: 'data' });
  await using sender = new KinesisVideoProducer({ endpoint: service.url });
  await using sent = sender.createStream({ streamName: 'door' });
  using reader = new KinesisVideoConsumer({ streamName: 'door', endpoint: service.url });
  return [sent.state, reader];
}

// @ts-expect-error There is no such event.
stream.on('fragmentAcks', () => {});
export function mine(Stream: typeof KinesisVideoStream) {
  // @ts-expect-error A stream is made by its producer alone.
  return new Stream();
}
export function internal(service: LocalService) {
  // @ts-expect-error What the project's tests use is not for others.
  return service.streams;
}
