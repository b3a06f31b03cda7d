import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram } from './support/play.ts';

/**
 * What may stand around NAL units in Annex B: short start codes, zeros behind, the end of a
 * sequence.
 *
 * https://github.com/mpromonet/v4l2rtspserver/issues/200
 */
for (const [situation, fault] of [
  ['start codes of three bytes', 'short_start_codes'],
  ['zeros behind each picture', 'trailing_zeros'],
  ['an end of sequence behind each group', 'end_of_sequence'],
  ['empty buffers in between', 'empty_buffers'],
] as const) {
  test(`a camera with ${situation} is stored whole`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'camera_faults.py', 'camera', fault);
    await check({ service, stream: 'camera', outcome, keeps: ({ bytes }) => bytes > 0, sent: 90 });
  });
}
