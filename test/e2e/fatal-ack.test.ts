import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { PutMediaService } from '../putmedia/support/put-media-service.ts';
import { pipelineEnvironment, startPipeline, WAYS, words } from './support/run.ts';

/** ACK_ERRORS: the KMS key is disabled, which no reconnect makes better. */
const KMS_KEY_DISABLED = 4501;

for (const way of WAYS) {
  test(`D11, ${way}: after a fatal error ack nothing connects again, and the end is quick`, async (t) => {
    await using data = new PutMediaService();
    await data.listen();
    data.behave = () => ({ errorAt: { fragment: 0, errorId: KMS_KEY_DISABLED } });
    const control = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json');
      const name = 'fatal';
      const answers: Record<string, unknown> = {
        '/describeStream': {
          StreamInfo: {
            StreamName: name,
            StreamARN: `arn:aws:kinesisvideo:us-west-2:123456789012:stream/${name}/1`,
            Status: 'ACTIVE',
            DataRetentionInHours: 2,
          },
        },
        '/getDataEndpoint': { DataEndpoint: data.endpoint },
      };
      response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
    });
    control.listen(0, '127.0.0.1');
    await once(control, 'listening');
    t.after(() => control.close());
    const { port } = control.address() as AddressInfo;
    const pipeline = startPipeline(
      t,
      way,
      words(`videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 !
        x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=fatal`),
      pipelineEnvironment(`http://127.0.0.1:${port}`),
    );
    const { code, stdout, stderr } = await pipeline.finished;
    assert.equal(code, 1, stdout + stderr);
    assert.match(stderr, /ERROR: from element .*kvssink0: .*KMS/s);
    assert.match(stderr, /0x52000066/);
    assert.equal(data.sessions.length, 1);
  });
}
