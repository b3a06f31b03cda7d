import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/runtime/clock.ts';
import { call, createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { putDocument } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

for (const protocol of ['HLS', 'DASH']) {
  test(`nothing is had of a session of ${protocol} that has expired`, async (t) => {
    const beganMs = Date.now();
    let nowMs = beganMs;
    const { url } = await startService(t, { clock: { ...systemClock, nowMs: () => nowMs } });
    await createStream(url, 'demo');
    await putDocument(url, 'demo', h264Document());
    const open = await call(url, `/get${protocol}StreamingSessionURL`, {
      StreamName: 'demo',
      Expires: 301,
    });
    const session = String(open.body[`${protocol}StreamingSessionURL`]);
    const init = new URL(session);
    init.pathname = `/${protocol.toLowerCase()}/v1/getMP4InitFragment.mp4`;
    const statuses = async () => [(await fetch(session)).status, (await fetch(init)).status];
    nowMs = beganMs + 300_999;
    // It lacks the number of a fragment.
    assert.deepEqual(await statuses(), [200, 404]);
    nowMs = beganMs + 301_000;
    assert.deepEqual(await statuses(), [401, 401]);
  });
}
