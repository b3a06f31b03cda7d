import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type PutMedia, type PutMediaOptions, putMedia } from './put-media.ts';

/** A camera: GStreamer's test picture in real time, into PutMedia. */
export type LiveProducer = { readonly session: PutMedia; stop(): Promise<void> };

/** Starts one; it ends with the test, if not before. */
export async function liveProducer(
  t: Pick<TestContext, 'after'>,
  service: string,
  stream: string,
  encoder = 'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=600',
  options: PutMediaOptions = {},
): Promise<LiveProducer> {
  const session = await putMedia(service, stream, {
    ...options,
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': (Date.now() / 1000).toFixed(3),
    },
  });
  const pipeline =
    'videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
    `videoconvert ! ${encoder} ! h264parse ! ` +
    'matroskamux streamable=true min-cluster-duration=900000000 ! fdsink fd=1';
  const child: ChildProcess = spawn('gst-launch-1.0', ['-q', ...pipeline.split(' ')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout?.pipe(session.request);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
    session.request.destroy();
  };
  t.after(stop);
  return { session, stop };
}
