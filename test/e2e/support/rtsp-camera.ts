import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startPython } from './python.ts';
import type { Finished, Running } from './run.ts';

/** A camera that is watched over RTSP. */
export type RtspCamera = {
  readonly url: string;
  readonly program: Running;
  /** Frames that the camera has sent, once it has sent its last. */
  frames(): Promise<number>;
};

/**
 * Starts GStreamer's own RTSP server; it ends with the test. -1 frames never end. Over UDP a client
 * may miss the last ones: where they count and the client is free to choose, `tcp` is all it gets.
 */
export async function startRtspCamera(
  t: TestContext,
  frames: number,
  ...only: readonly 'tcp'[]
): Promise<RtspCamera> {
  const program = startPython(t, 'rtsp_server.py', [String(frames), ...only]);
  const [, port] = await program.printed(/^port (\d+)$/m);
  return {
    url: `rtsp://127.0.0.1:${port}/camera`,
    program,
    frames: async () => Number((await program.printed(/^frames (\d+)$/m))[1]),
  };
}

/**
 * The pipeline came to its end with exit code 0. GStreamer's server may close the connection before
 * it answers rtspsrc's farewell, after EOS; that alone may be reported as an error, and by rtspsrc alone.
 */
export function assertWatchedToTheEnd({ code, stdout, stderr }: Finished): void {
  assert.match(stdout, /Got EOS from element/, stderr);
  const errors = stderr.match(/^ERROR: .*$/gm) ?? [];
  const farewell = /GstRTSPSrc:\w+: Could not write to resource/;
  assert.ok(code === 0 || errors.length > 0, stdout + stderr);
  for (const error of errors) assert.match(error, farewell, stdout + stderr);
}
