import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../src/local/sigv4/credential-store.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { play } from './support/play.ts';

/**
 * Files of credentials as other programs write them, and one that is empty for a moment.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/blob/master/docs/auth.md
 */
const line = `CREDENTIALS ${LOCAL_ACCESS_KEY_ID} ${LOCAL_SECRET_ACCESS_KEY}`;
const CAMERA =
  'videotestsrc num-buffers=30 ! video/x-raw,width=160,height=120,framerate=30/1 ! ' +
  'x264enc key-int-max=30 ! h264parse ! kvssink stream-name=camera';

for (const [name, text] of [
  ['with CRLF', `${line}\r\n`],
  ['with blanks around it', `\n  ${line.replaceAll(' ', '   ')}  \n\n`],
  ['with a byte order mark', `\uFEFF${line}\n`],
] as const) {
  test(`a credential file ${name} is read`, async (t) => {
    const service = await startService(t);
    const path = join(temporaryFolder(t), 'credentials');
    writeFileSync(path, text);
    const outcome = await play(t, service, `${CAMERA} credential-path=${path}`);
    await check({ service, stream: 'camera', outcome });
  });
}
