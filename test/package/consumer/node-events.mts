// Compiled by the tests, and never run.
import { on, once } from 'node:events';
import type { KinesisVideoStream } from 'kvs-launch';

export async function acks(stream: KinesisVideoStream, signal: AbortSignal): Promise<void> {
  await once(stream, 'streamReady', { signal });
  for await (const [event] of on(stream, 'fragmentAck', { signal })) console.log(event);
}
