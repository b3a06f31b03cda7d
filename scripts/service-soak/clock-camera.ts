import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ClockPicture, PICTURE } from './clock-picture.ts';
import { startGstLaunch } from './gst-launch.ts';

const FRAMES_PER_SECOND = 30;

/** gst-launch-1.0 with kvssink, in front of it a camera whose picture tells the time. */
export type ClockCamera = {
  readonly child: ChildProcess;
  /** Resolves when it has ended by itself, with what was wrong. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

/**
 * Starts one, with sound. A picture is one datagram, to a live source that stamps it at its arrival:
 * nothing waits in a pipe, and what the pipeline does not take is lost as a camera would lose it.
 */
export async function startClockCamera(url: string, stream: string): Promise<ClockCamera> {
  const socket = createSocket('udp4');
  const port = await freePort();
  const { width, height } = PICTURE;
  const pipeline =
    `udpsrc address=127.0.0.1 port=${port} buffer-size=1000000 ` +
    `caps=video/x-raw,format=I420,width=${width},height=${height},framerate=${FRAMES_PER_SECOND}/1 ! ` +
    'queue ! videoscale ! video/x-raw,width=640,height=360 ! ' +
    `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=${FRAMES_PER_SECOND} bitrate=600 ! ` +
    `h264parse ! kvssink name=sink stream-name=${stream} ` +
    'audiotestsrc is-live=true wave=ticks ! audioconvert ! avenc_aac ! aacparse ! sink.';
  const child = startGstLaunch(url, pipeline);
  const picture = new ClockPicture();
  const timer = setInterval(() => {
    socket.send(picture.draw(Date.now()), port, '127.0.0.1');
  }, 1000 / FRAMES_PER_SECOND);
  const closed = once(child, 'close').then(([code, signal]) => {
    clearInterval(timer);
    socket.close();
    return `the producer ended with ${code ?? signal}`;
  });
  return {
    child,
    ended: closed,
    stop: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
