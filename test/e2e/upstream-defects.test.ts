import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_SECRET_ACCESS_KEY } from '../../src/local/sigv4/credential-store.ts';
import { startService } from '../local/support/service.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';
import { storedFrames } from './support/stored.ts';

// The rows of docs/5-inside/upstream-defects.md that no other test shows.

const LINE = `videotestsrc num-buffers=30 ! video/x-raw,width=160,height=120,framerate=30/1 !
  x264enc key-int-max=15 ! h264parse ! kvssink stream-name=defects log-level=debug`;

for (const way of WAYS) {
  test(`D12, ${way}: a content type that was set is kept`, async (t) => {
    const service = await startService(t);
    const { code, stdout, stderr } = await startPipeline(
      t,
      way,
      words(`${LINE} content-type=video/mine`),
      pipelineEnvironment(service.url),
    ).finished;
    assert.equal(code, 0, stdout + stderr);
    assert.equal(service.streams.list()[0]?.record.mediaType, 'video/mine');
    assert.equal((await storedFrames(service, 'defects')).length, 30);
  });

  test(`D13, ${way}: the log at its most talkative has no signature and no secret`, async (t) => {
    const service = await startService(t);
    const { code, stdout, stderr } = await startPipeline(
      t,
      way,
      words(LINE),
      pipelineEnvironment(service.url, { GST_DEBUG: 'kvssink:9', GST_DEBUG_NO_COLOR: '1' }),
    ).finished;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stderr, /kvssink/);
    assert.doesNotMatch(stdout + stderr, /AWS4-HMAC|Signature=|Credential=/);
    assert.ok(!(stdout + stderr).includes(LOCAL_SECRET_ACCESS_KEY));
  });
}
