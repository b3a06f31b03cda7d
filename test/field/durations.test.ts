import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedFrames } from '../e2e/support/stored.ts';
import { startService } from '../local/support/service.ts';
import { ffmpegFile, H264, testPicture } from './support/media.ts';
import { play } from './support/play.ts';

const MAX_UINT = 2 ** 32 - 1;

/** Properties that are times, but for those whose values the service bounds. */
const DURATIONS = [
  'buffer-duration',
  'replay-duration',
  'max-latency',
  'connection-staleness',
  'connection-timeout',
  'completion-timeout',
  'stop-stream-timeout',
  'metrics-interval',
  'rotation-period',
  'fragment-duration',
] as const;

for (const value of [0, MAX_UINT]) {
  test(`each property that is a time may be ${value}`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(`${testPicture(2)} ${H264}`, '.mp4');
    const sinks = DURATIONS.map(
      (name) => `film. ! queue ! kvssink stream-name=${name} ${name}=${value}`,
    );
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! qtdemux ! h264parse ! tee name=film ${sinks.join(' ')}`,
    );
    assert.equal(outcome.ended, 'eos', outcome.errors.join('\n'));
    for (const stream of DURATIONS) {
      assert.deepEqual(outcome.sinks[stream]?.told, [], stream);
      assert.equal((await storedFrames(service, stream)).length, 60, stream);
    }
  });
}

/** What cannot be is an error that says so, at once. */
for (const [settings, message] of [
  [
    `timecode-scale=${MAX_UINT}`,
    /timecode-scale in nanoseconds is \d+; 100 to 1000000000 are allowed/,
  ],
  [
    `key-frame-fragmentation=false fragment-duration=${MAX_UINT}`,
    /fragment-duration is 4294967295; 1000 to 30000 are allowed/,
  ],
  [
    'key-frame-fragmentation=false fragment-duration=0',
    /fragment-duration is 0; 1000 to 30000 are allowed/,
  ],
  [`retention-period=${MAX_UINT}`, /retention-period is 4294967295; 0 to 87600 are allowed/],
  [
    'streaming-type=offline file-start-time=18446744073709551615',
    /file-start-time is 18446744073709551615/,
  ],
] as const) {
  test(`${settings} is an error that names the value and its limits`, async (t) => {
    const service = await startService(t);
    const file = ffmpegFile(`${testPicture(2)} ${H264}`, '.mp4');
    const outcome = await play(
      t,
      service,
      `filesrc location=${file} ! qtdemux ! h264parse ! kvssink stream-name=camera ${settings}`,
    );
    assert.equal(outcome.ended, 'error');
    assert.match(outcome.errors.join('\n'), message);
  });
}
