import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * Some sources give no times at all: what arrives now is stamped now.
 *
 * https://github.com/thaytan/gst-rpicamsrc/issues/87
 * https://github.com/livekit/egress/pull/1049
 */
test('frames without PTS are stored at the times at which they come', async (t) => {
  const service = await startService(t);
  const outcome = await runProgram(t, service, 'no_pts.py', 'camera');
  await check({
    service,
    stream: 'camera',
    outcome,
    timeMs: ({ arrivedMs }) => arrivedMs,
    startMs: 0,
    withinMs: 250,
    warnings: [/have no timestamps/],
  });
});
