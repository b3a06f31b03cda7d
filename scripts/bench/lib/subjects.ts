import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SinkService } from './service.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Something whose cost is measured. */
export type Subject = {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
};

/** How the file reaches the sink. */
export type Pace = 'live' | 'fast';

/** Environment that makes kvssink and the bare client talk to the service. */
function serviceEnvironment(service: SinkService): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GST_PLUGIN_PATH: join(root, 'build', 'Release', 'gstreamer-1.0'),
    CONTROL_PLANE_URI: service.url,
    KVSSINK_CA_CERT_PATH: service.caFile,
    NODE_EXTRA_CA_CERTS: service.caFile,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  };
}

/** `filesrc ! qtdemux ! h264parse ! … ! SINK` as gst-launch's arguments. */
function pipeline(file: string, pace: Pace, sink: readonly string[]): string[] {
  const source = ['filesrc', `location=${file}`, '!', 'qtdemux', '!', 'h264parse', '!'];
  const caps = ['video/x-h264,stream-format=avc,alignment=au', '!'];
  const sync = pace === 'live' ? ['identity', 'sync=true', '!'] : [];
  return [...source, ...caps, ...sync, ...sink];
}

function kvssink(pace: Pace): string[] {
  const offline = pace === 'fast' ? ['streaming-type=offline'] : [];
  return ['kvssink', 'stream-name=bench', 'storage-size=128', ...offline];
}

/** gst-launch-1.0 with our plugin. */
export function pluginSubject(service: SinkService, file: string, pace: Pace): Subject {
  return {
    name: 'gst-launch-1.0 … kvssink',
    command: 'gst-launch-1.0',
    args: ['-q', ...pipeline(file, pace, kvssink(pace))],
    env: serviceEnvironment(service),
  };
}

/** kvs-launch: the same pipeline inside Node. */
export function launchSubject(service: SinkService, file: string, pace: Pace): Subject {
  return {
    name: 'kvs-launch … kvssink',
    command: process.execPath,
    args: [join(root, 'bin', 'kvs-launch.js'), '-q', ...pipeline(file, pace, kvssink(pace))],
    env: serviceEnvironment(service),
  };
}

/** The pipeline without a producer. */
export function fakesinkSubject(service: SinkService, file: string, pace: Pace): Subject {
  return {
    name: 'gst-launch-1.0 … fakesink',
    command: 'gst-launch-1.0',
    args: ['-q', ...pipeline(file, pace, ['fakesink'])],
    env: serviceEnvironment(service),
  };
}

/** Bare node:https that sends a recorded body. */
export function bareSubject(
  service: SinkService,
  body: string,
  pace: Pace,
  repeat: number,
): Subject {
  const script = fileURLToPath(new URL('./bare-client.js', import.meta.url));
  return {
    name: 'bare node:https',
    command: process.execPath,
    args: [script, service.url, body, pace, String(repeat)],
    env: serviceEnvironment(service),
  };
}
