import type { AwsOptions } from '../process/aws-options.ts';
import type { LogOptions } from '../process/log-options.ts';
import type { StatusOptions } from '../status/status-options.ts';
import { type CameraDefaults, DEFAULTS, type VideoCodec } from './network-camera.ts';

/** What commander makes of the options of `kvs-launch rtsp`. */
export type RtspOptions = AwsOptions &
  LogOptions &
  StatusOptions & {
    readonly cameras?: string;
    readonly streamName?: string;
    readonly codec?: VideoCodec;
    readonly udp?: boolean;
    /** Milliseconds. */
    readonly latency?: number;
    readonly audio?: boolean;
    /** Milliseconds. */
    readonly stall?: number;
    readonly once?: boolean;
  };

/** What the options say of every camera that does not say it itself. */
export function cameraDefaults(options: RtspOptions): CameraDefaults {
  return {
    codec: options.codec ?? DEFAULTS.codec,
    transport: options.udp === true ? 'udp' : DEFAULTS.transport,
    latencyMs: options.latency ?? DEFAULTS.latencyMs,
    audio: options.audio ?? DEFAULTS.audio,
    stallMs: options.stall ?? DEFAULTS.stallMs,
  };
}
