import { test } from 'node:test';
import { startService } from '../local/support/service.ts';
import { check } from './support/check.ts';
import { runProgram, type SentFrame } from './support/play.ts';

/** Frames that a busy machine pushes late, in a burst, keep the times at which they were made. */
const BUSY_MS = 1_000;

/**
 * A camera's clock begins anew, leaps or wraps while it films: RTSP cameras that reset their RTP
 * time, RTMP publishers that start again, MPEG-TS counters.
 *
 * https://github.com/insight-platform/Savant/issues/182
 * https://github.com/AlexxIT/go2rtc/pull/1943
 * https://github.com/membraneframework/membrane_core/issues/790
 */
for (const [kind, warnings] of [
  ['restart', [/jumped from 4\.967 s to 0\.000 s.*continues at the time of arrival/]],
  ['ahead', [/jumped from 4\.967 s to 3605\.000 s.*continues at the time of arrival/]],
  ['back-at-p-frame', [/jumped from 55\.467 s to 0\.000 s.*continues at the time of arrival/]],
  ['wrap', [/counter wraps.*without a gap/]],
] as const) {
  test(`a live source whose PTS does this is stored when it arrives: ${kind}`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'camera_clock.py', kind, kind);
    const timeMs = ({ arrivedMs }: SentFrame): number => arrivedMs;
    await check({
      service,
      stream: kind,
      outcome,
      timeMs,
      startMs: 0,
      withinMs: BUSY_MS,
      warnings,
    });
  });
}

/**
 * Frames of which all have one PTS, or none, as OpenCV's do in an appsrc without do-timestamp.
 *
 * https://github.com/awslabs/amazon-kinesis-video-streams-producer-sdk-cpp/issues/705
 * https://github.com/mad4ms/python-opencv-gstreamer-examples/issues/9
 */
for (const [kind, warnings] of [
  ['one-pts', [/same timestamp repeatedly: each gets the time of its arrival/]],
  ['no-pts', [/no timestamps: each gets the time of its arrival/]],
] as const) {
  test(`a live source without usable times is stored when it arrives: ${kind}`, async (t) => {
    const service = await startService(t);
    const outcome = await runProgram(t, service, 'camera_clock.py', kind, kind);
    const timeMs = ({ arrivedMs }: SentFrame): number => arrivedMs;
    await check({
      service,
      stream: kind,
      outcome,
      timeMs,
      startMs: 0,
      withinMs: BUSY_MS,
      warnings,
    });
  });
}
