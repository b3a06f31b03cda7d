import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareHostScript } from './bare-host-script.ts';
import { privateNode } from './private-node.ts';
import type { SinkService } from './service.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Something whose cost is measured. */
export type Subject = {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Its exit code says nothing: upstream often crashes after all was sent. */
  mayCrash?: boolean;
};

/** After a crash, gst-launch-1.0 would wait for a debugger. */
const CRASH_ENDS = ['--no-fault'];

/** How the file reaches the sink. */
export type Pace = 'live' | 'fast';

/** What would make a Node parse the whole store of this machine at its start, which upstream never reads. */
const NO_STORE = {
  NODE_EXTRA_CA_CERTS: undefined,
  SSL_CERT_FILE: undefined,
  SSL_CERT_DIR: undefined,
};

/** Environment that makes kvssink and the bare client talk to the service. */
export function serviceEnvironment(service: SinkService): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...NO_STORE,
    GST_PLUGIN_PATH: join(root, 'build', 'Release', 'gstreamer-1.0'),
    KVS_NODE: privateNode(),
    CONTROL_PLANE_URI: service.url,
    KVSSINK_CA_CERT_PATH: service.caFile,
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

/**
 * The same with hosts that show what is below our host's own work: one only passes the frames on, the
 * other does what no producer can leave out, too (bare-host.ts).
 */
export function bareHostSubjects(service: SinkService, file: string, pace: Pace): Subject[] {
  const subject = pluginSubject(service, file, pace);
  const env = { ...subject.env, KVS_HOST_SCRIPT: bareHostScript() };
  return [
    { ...subject, name: 'bare Node host', env },
    { ...subject, name: 'the same with duties', env: { ...env, BENCH_HOST_DUTIES: '1' } },
  ];
}

/** gst-launch-1.0 with Amazon's kvssink, where `BENCH_UPSTREAM_PLUGIN_PATH` says that there is one. */
export function upstreamSubjects(service: SinkService, file: string, pace: Pace): Subject[] {
  const env = upstreamEnvironment(service);
  if (env === undefined) return [];
  const args = [...CRASH_ENDS, '-q', ...pipeline(file, pace, kvssink(pace))];
  return [{ name: 'upstream', command: 'gst-launch-1.0', args, env, mayCrash: true }];
}

/** A registry of its own: two plugins of one name must not meet in one. */
function upstreamEnvironment(service: SinkService): NodeJS.ProcessEnv | undefined {
  const pluginPath = process.env['BENCH_UPSTREAM_PLUGIN_PATH'];
  if (!pluginPath) return undefined;
  return {
    ...serviceEnvironment(service),
    GST_PLUGIN_PATH: pluginPath,
    GST_REGISTRY: join(tmpdir(), 'kvs-bench-upstream.registry'),
    AWS_DEFAULT_REGION: 'us-west-2',
  };
}

/** Several cameras in one gst-launch-1.0: without a producer, with ours, and with upstream's. */
export function camerasSubjects(service: SinkService, file: string, count: number): Subject[] {
  const pipelineOf = (sink: (camera: number) => readonly string[]): string[] => [
    '-q',
    ...Array.from({ length: count }, (_, camera) => pipeline(file, 'live', sink(camera))).flat(),
  ];
  const withKvssink = pipelineOf((camera) => ['kvssink', `stream-name=bench-${camera}`]);
  const command = 'gst-launch-1.0';
  const env = serviceEnvironment(service);
  const upstream = upstreamEnvironment(service);
  return [
    { name: 'fakesink', command, args: pipelineOf(() => ['fakesink']), env },
    { name: 'kvssink', command, args: withKvssink, env },
    ...(upstream === undefined
      ? []
      : [
          {
            name: 'upstream',
            command,
            args: [...CRASH_ENDS, ...withKvssink],
            env: upstream,
            mayCrash: true,
          },
        ]),
  ];
}

/** Lets GStreamer look at its plugins, which it does once and remembers: no subject's affair. */
export function readRegistries(subjects: readonly Subject[]): void {
  for (const { env } of subjects) {
    const { status } = spawnSync('gst-inspect-1.0', ['fakesink'], { env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`gst-inspect-1.0 ended with ${status}`);
  }
}

/** kvs-launch: the same pipeline inside Node. */
export function launchSubject(service: SinkService, file: string, pace: Pace): Subject {
  return {
    name: 'kvs-launch … kvssink',
    command: privateNode(),
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
    command: privateNode(),
    args: [script, service.url, body, pace, String(repeat)],
    env: { ...serviceEnvironment(service), NODE_EXTRA_CA_CERTS: service.caFile },
  };
}
