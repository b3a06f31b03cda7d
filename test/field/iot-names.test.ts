import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startIot, WatchedKeys } from '../e2e/support/iot-endpoint.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * Role aliases with _ and -, a CA in a .crt file, an endpoint written as an address, a thing that is
 * named like a number.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/351
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/609
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/870
 */
test('an IoT certificate is used as it is named: _ and - in the alias, .crt, https://', async (t) => {
  const keys = new WatchedKeys(systemClock);
  keys.set(LOCAL_ACCESS_KEY_ID, { secretAccessKey: LOCAL_SECRET_ACCESS_KEY });
  const iot = await startIot(keys, systemClock);
  t.after(() => iot.close());
  const service = await startService(t, { credentials: keys });
  const { certificate } = iot;
  const ca = join(temporaryFolder(t), 'root-CA.crt');
  copyFileSync(certificate['ca-path'], ca);
  const iotCertificate = Object.entries({
    ...certificate,
    endpoint: `https://${certificate.endpoint}`,
    'ca-path': ca,
    'role-aliases': 'Camera_Role-Alias_2',
    'iot-thing-name': '(string)0012345',
  }).map(([name, value]) => `${name}=${value}`);
  const outcome = await play(
    t,
    service,
    `videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 !
     x264enc key-int-max=30 ! h264parse ! kvssink stream-name=garden iot-certificate="iot-certificate,${iotCertificate.join(',')}"`,
  );
  await check({ service, stream: 'garden', outcome });
  assert.equal(iot.seen[0]?.path, '/role-aliases/Camera_Role-Alias_2/credentials');
  assert.equal(iot.seen[0]?.headers['x-amzn-iot-thingname'], '0012345');
});
