import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelineEnvironment, startPipeline, WAYS, words } from '../e2e/support/run.ts';
import { startService } from '../local/support/service.ts';

/**
 * A pipeline without an encoder, or with a decoder in front of kvssink.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/145
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/529
 */
for (const way of WAYS) {
  for (const [name, line] of [
    ['raw video', 'videotestsrc ! video/x-raw,width=160,height=120 ! kvssink stream-name=camera'],
    ['decodebin', 'videotestsrc ! x264enc ! decodebin ! kvssink stream-name=camera'],
  ] as const) {
    test(`${way}: ${name} into kvssink is an error that tells what does not fit`, async (t) => {
      const service = await startService(t);
      const { finished } = startPipeline(t, way, words(line), pipelineEnvironment(service.url));
      const { code, stdout, stderr } = await finished;
      assert.notEqual(code, 0, stdout);
      assert.match(
        stdout + stderr,
        /could not link|can.t handle caps|encode|not-negotiated|delayed linking/i,
      );
    });
  }
}
