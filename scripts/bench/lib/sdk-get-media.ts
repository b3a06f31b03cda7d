// GetMedia of AWS's SDK into a file: `node sdk-get-media.js STREAM FILE BYTES`. Ends when so many
// bytes have come, since GetMedia waits for more.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { GetDataEndpointCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';

const [StreamName, file = '', wantedBytes] = process.argv.slice(2);
const region = 'us-west-2';
const control = new KinesisVideoClient({
  region,
  endpoint: process.env['CONTROL_PLANE_URI'] ?? '',
});
const { DataEndpoint } = await control.send(
  new GetDataEndpointCommand({ StreamName, APIName: 'GET_MEDIA' }),
);
const media = new KinesisVideoMediaClient({ region, endpoint: DataEndpoint ?? '' });
const { Payload } = await media.send(
  new GetMediaCommand({ StreamName, StartSelector: { StartSelectorType: 'EARLIEST' } }),
);
// What is stored of a fragment and what GetMedia sends of it differ by a few tags.
let leftBytes = 0.999 * Number(wantedBytes);
const output = createWriteStream(file);
for await (const chunk of Payload as AsyncIterable<Uint8Array>) {
  if (!output.write(chunk)) await once(output, 'drain');
  leftBytes -= chunk.byteLength;
  if (leftBytes > 0) continue;
  await finished(output.end());
  // Its connection would wait for more media.
  process.exit();
}
