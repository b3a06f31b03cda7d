import { randomUUID } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FragmentRecord } from '../fragments/fragment-record.ts';
import type { LocalStream } from '../streams/local-stream.ts';
import { placeOf } from './delivery-place.ts';
import { tagEvents } from './fragment-tags.ts';

const TAG = 'AWS_KINESISVIDEO_NOTIFICATION';

/**
 * Appends what SNS would publish of a persisted fragment that asks for it to the topic's file, as one
 * line of JSON for each event.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/notifications.html
 * @throws Error when it cannot be written.
 */
export async function deliverNotifications(
  { record, fragments }: LocalStream,
  fragment: FragmentRecord,
  dataDir: string,
  nowMs: number,
): Promise<void> {
  const settings = record.notification;
  if (settings?.Status !== 'ENABLED') return;
  const events = tagEvents(await fragments.read(fragment), TAG);
  if (events.length === 0) return;
  const { Uri: topic } = settings.DestinationConfig;
  const lines = events.map(({ pairs }) =>
    JSON.stringify({
      Type: 'Notification',
      MessageId: randomUUID(),
      TopicArn: topic,
      Subject: 'Kinesis Video Streams Notification',
      Message: JSON.stringify({
        StreamArn: record.arn,
        FragmentNumber: fragment.number,
        FragmentStartProducerTimestamp: fragment.producerTimestampMs,
        FragmentStartServerTimestamp: fragment.serverTimestampMs,
        NotificationType: 'PERSISTED',
        NotificationPayload: pairs,
      }),
      Timestamp: new Date(nowMs).toISOString(),
    }),
  );
  const path = placeOf(join(dataDir, 'sns'), `${topic.replace(/^.*[:/]/, '')}.ndjson`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await appendFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
}
