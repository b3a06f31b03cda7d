import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * A parser marks key frames with HEADER and MARKER (flags 1536) and gives no DTS; upstream drops
 * every one of them.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/1007
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/1224
 */
test('key frames with HEADER and MARKER flags and no DTS are stored as any other', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'header_flags.py', 'camera');
  await check({ service, stream: 'camera', outcome });
});
