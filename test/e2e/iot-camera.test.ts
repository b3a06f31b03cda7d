import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../src/host/settings/element-settings.ts';
import { credentialsFor } from '../../src/host/stream/open-stream.ts';
import { KinesisVideoProducer } from '../../src/producer/producer.ts';
import { startService } from '../local/support/service.ts';
import { waitFor } from '../putmedia/support/harness.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { LIFETIME_MS, startIot, WatchedKeys } from './support/iot-endpoint.ts';

function settingsOf(properties: Record<string, string | Record<string, string>>) {
  return readSettings({ element: 'kvssink0', pads: [], properties });
}

test("an element's stream, by name or ARN, is the IoT thing unless another is named", () => {
  const thing = (properties: Record<string, string | Record<string, string>>) =>
    credentialsFor(settingsOf(properties)).iotThingName;
  assert.equal(thing({ 'stream-name': 'garden' }), 'garden');
  assert.equal(thing({ 'stream-name': 'garden', 'iot-thing-name': 'cam-7' }), 'cam-7');
  const arn = 'arn:aws:kinesisvideo:us-west-2:111122223333:stream/door/1';
  assert.equal(thing({ 'stream-name': 'garden', 'stream-arn': arn }), 'door');
});

test("kvs-launch's profile and role go before the element's", () => {
  const { profile, roleArn } = credentialsFor(settingsOf({ 'stream-name': 'x' }), {
    profile: 'work',
    roleArn: 'arn:aws:iam::1:role/cam',
  });
  assert.equal(profile, 'work');
  assert.equal(roleArn, 'arn:aws:iam::1:role/cam');
});

test('a renewal that fails is reported to the streams of a producer, which continue', async (t) => {
  const clock = new ManualClock('2026-11-21T12:00:00Z');
  const keys = new WatchedKeys(clock);
  const iot = await startIot(keys, clock);
  const service = await startService(t, { clock, credentials: keys });
  const producer = new KinesisVideoProducer({
    credentials: credentialsFor({
      ...settingsOf({ 'stream-name': 'garden', 'iot-certificate': iot.certificate }),
    }),
    endpoint: service.url,
    env: {},
    clock,
    random: () => 0.5,
  });
  t.after(async () => {
    producer.close();
    await iot.close();
  });
  const stream = producer.createStream({ streamName: 'garden' });
  const errors: { fatal: boolean; message: string }[] = [];
  stream.on('streamError', ({ error, fatal }) => {
    errors.push({ fatal, message: error.message });
  });
  await stream.ready();
  assert.equal(iot.seen[0]?.headers['x-amzn-iot-thingname'], 'garden');
  iot.state.isDown = true;
  await clock.advance(LIFETIME_MS - 60_000);
  await waitFor(() => errors.length > 0, 'the failure is reported');
  assert.equal(errors[0]?.fatal, false);
  assert.match(
    errors[0]?.message ?? '',
    /^Credentials could not be renewed, the old ones are used for \d+ s: IoT credentials were refused/,
  );
});
