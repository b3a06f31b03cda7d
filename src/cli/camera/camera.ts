import { KvsError } from '../../errors/kvs-error.ts';
import { gstreamerAdvice } from '../../host/native/install-advice.ts';
import { credentialVariables } from '../../host/stream/credential-overrides.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { launchPipeline } from '../launch/launch.ts';
import { type AwsOptions, sinkServiceProperties } from '../process/aws-options.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { LogOptions } from '../process/log-options.ts';
import type { StatusOptions } from '../status/status-options.ts';
import { cameraPipeline, commandLine } from './camera-pipeline.ts';
import { chooseDevice, TEST } from './device-choice.ts';
import { deviceList } from './device-list.ts';
import { listDevices } from './devices.ts';
import { chooseAacEncoder, chooseEncoder, type Encoder } from './encoder-choice.ts';
import { type ChosenFormat, chooseFormat, type Size } from './format-choice.ts';

/** Options of `kvs-launch camera`. */
export type CameraOptions = AwsOptions &
  LogOptions &
  StatusOptions & {
    readonly list?: boolean;
    readonly json?: boolean;
    readonly streamName: string;
    readonly device?: string;
    readonly size?: Size;
    readonly fps: number;
    /** kbit/s. */
    readonly bitrate: number;
    /** Seconds. */
    readonly keyInterval: number;
    /** True: the first microphone. */
    readonly audio?: string | true;
    readonly dryRun?: boolean;
  };

/**
 * `kvs-launch camera`: lists what is plugged in, or streams a camera until it is interrupted.
 * @returns the exit code.
 * @throws KvsError for a camera, size or encoder that there is not.
 */
export async function camera(options: CameraOptions): Promise<number> {
  if (options.list === true) {
    process.stdout.write(deviceList(await listDevices(), options.json === true));
    return EXIT.ok;
  }
  requireGStreamer();
  const pipeline = await pipelineFor(options);
  const line = commandLine(pipeline, credentialVariables(options));
  if (options.dryRun === true) {
    process.stdout.write(`${line}\n`);
    return EXIT.ok;
  }
  process.stderr.write(`${line}\n`);
  return launchPipeline(pipeline, { ...options, exclude: [] });
}

function requireGStreamer(): void {
  if (findProgram('gst-launch-1.0') !== undefined) return;
  throw new KvsError('STATUS_NOT_FOUND', 'GStreamer is not installed', {
    advice: gstreamerAdvice(),
  });
}

async function pipelineFor(options: CameraOptions): Promise<readonly string[]> {
  const { device: wanted, size, fps, bitrate, keyInterval, audio } = options;
  const device = await chooseDevice('video', wanted);
  const format = chooseFormat(device, size, fps);
  const encoder = await encoderFor(format);
  const isTest = wanted === TEST;
  const microphone = audio === undefined ? undefined : await microphoneFor(audio, isTest);
  return cameraPipeline({
    source: device.source,
    format,
    encoder,
    framesPerSecond: fps,
    kbits: bitrate,
    keyIntervalS: keyInterval,
    audio: microphone,
    sink: [`stream-name=${options.streamName}`, ...sinkServiceProperties(options)],
  });
}

/** @throws KvsError where raw pictures need one, and none works. */
async function encoderFor({ mediaType }: ChosenFormat): Promise<Encoder | undefined> {
  if (mediaType === 'video/x-h264') return undefined;
  const { encoder, failed } = await chooseEncoder();
  for (const { name, why } of failed) {
    process.stderr.write(`${name} is installed, but does not work: ${why}\n`);
  }
  if (encoder !== undefined) return encoder;
  if (mediaType === 'image/jpeg') {
    process.stderr.write(
      'No H.264 encoder works: M-JPEG is stored as it comes. The console and HLS do not play it.\n',
    );
    return undefined;
  }
  throw new KvsError('STATUS_NOT_FOUND', 'No H.264 encoder works on this machine', {
    advice: 'sudo apt-get install gstreamer1.0-plugins-ugly (x264enc)',
  });
}

async function microphoneFor(audio: string | true, isTest: boolean) {
  const name = audio === true ? (isTest ? TEST : undefined) : audio;
  const { source } = await chooseDevice('audio', name);
  const encoder = await chooseAacEncoder();
  if (encoder !== undefined) return { source, encoder };
  throw new KvsError('STATUS_NOT_FOUND', 'No AAC encoder works on this machine', {
    advice: 'sudo apt-get install gstreamer1.0-libav (avenc_aac)',
  });
}
