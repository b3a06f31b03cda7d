import { KvsError } from '../../errors/kvs-error.ts';
import { gstreamerAdvice } from '../../host/native/install-advice.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { runProgram } from '../process/run-program.ts';

/** Frames a second: GStreamer's text, and what it comes to. */
export type Rate = { readonly text: string; readonly perSecond: number };

/** One form in which a device delivers. */
export type Format = {
  /** `video/x-raw`, `image/jpeg`, `video/x-h264`, `audio/x-raw`, … */
  readonly mediaType: string;
  /** Of raw pictures: `YUY2`, `NV12`, … */
  readonly pixelFormat?: string;
  /** Pixels; left out where a range is given, or none. */
  readonly width?: number;
  readonly height?: number;
  /** Empty where a range is given, or none. */
  readonly rates: readonly Rate[];
  /** A range of them is given. */
  readonly hasAnyRate?: true;
};

/** Something that is plugged in. */
export type Device = {
  readonly name: string;
  readonly kind: 'video' | 'audio';
  /** Of the kernel's device, where there is one. */
  readonly path?: string;
  /** The element that opens it, as words of a pipeline. */
  readonly source: readonly string[];
  readonly formats: readonly Format[];
};

const PROGRAM = 'gst-device-monitor-1.0';
const PROBING_MS = 20_000;

/**
 * The cameras and microphones that GStreamer finds.
 * @throws KvsError STATUS_NOT_FOUND where its program for that is not installed.
 */
export async function listDevices(): Promise<readonly Device[]> {
  if (findProgram(PROGRAM) === undefined) {
    throw new KvsError('STATUS_NOT_FOUND', `${PROGRAM} is not installed`, {
      advice: `${gstreamerAdvice(['gstreamer1.0-plugins-base-apps'])}, or name the camera: --device /dev/video0`,
    });
  }
  const { stdout } = await runProgram(PROGRAM, ['Video/Source', 'Audio/Source'], {
    timeoutMs: PROBING_MS,
  });
  return parseDevices(stdout);
}

/** A camera of which nothing is known but its path. */
export function deviceAt(path: string): Device {
  const source = ['v4l2src', `device=${path}`, 'do-timestamp=true'];
  return { name: path, kind: 'video', path, source, formats: [] };
}

/** What gst-device-monitor-1.0 prints, each device once, without what plays on this machine. */
export function parseDevices(output: string): readonly Device[] {
  const devices = output
    .split(/^Device found:$/m)
    .slice(1)
    .map(parseDevice)
    .filter((device) => device !== undefined);
  // PipeWire and GStreamer's own provider list the same camera.
  return devices.filter(
    ({ path }, index) =>
      path === undefined || devices.findIndex((other) => other.path === path) === index,
  );
}

function parseDevice(text: string): Device | undefined {
  const field = (name: string) => new RegExp(`^\\t${name} *: (.*)$`, 'm').exec(text)?.[1];
  const property = (name: string) => new RegExp(`^\\t\\t${name} = (.*)$`, 'm').exec(text)?.[1];
  const name = unquoted(field('name') ?? '');
  // libcamera says Source/Video.
  const kind = /video/i.test(field('class') ?? '') ? 'video' : 'audio';
  const launch = /^\tgst-launch-1\.0 (.*?) ! \.\.\./m.exec(text)?.[1];
  const isMonitor =
    property('device\\.class')?.includes('monitor') || name.startsWith('Monitor of');
  if (launch === undefined || isMonitor) return undefined;
  const path = property('device\\.path') ?? property('api\\.v4l2\\.path');
  // PipeWire's element needs a session, which a service has not.
  const isKernels = kind === 'video' && path !== undefined;
  const source = isKernels ? deviceAt(unquoted(path)).source : wordsOf(launch);
  return {
    name,
    kind,
    ...(path === undefined ? {} : { path: unquoted(path) }),
    source,
    formats: capsIn(text).map(parseFormat),
  };
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');
}

/** Words as GStreamer wrote them: a value in quotes may hold blanks. */
function wordsOf(launch: string): readonly string[] {
  return launch.match(/(?:"(?:[^"\\]|\\.)*"|\S)+/g) ?? [];
}

/** One line for each form, the first behind `caps  :`. */
function capsIn(text: string): readonly string[] {
  const [, block = ''] = /^\tcaps {2}: ([\s\S]*?)^\t(?=properties|gst-launch)/m.exec(text) ?? [];
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `video/x-raw, format=YUY2, width=640, …`, with or without types in front of the values. */
function parseFormat(caps: string): Format {
  const value = (name: string) =>
    new RegExp(`, *${name}=(?:\\(\\w+\\))?(\\{[^}]*\\}|\\[[^\\]]*\\]|[^,;]+)`).exec(caps)?.[1];
  const whole = (name: string) => {
    const text = value(name)?.trim() ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const pixelFormat = value('format')?.trim();
  const [width, height] = [whole('width'), whole('height')];
  const rates = value('framerate') ?? '';
  return {
    mediaType: /^[\w/-]+/.exec(caps)?.[0] ?? caps,
    ...(pixelFormat === undefined || /^[{[]/.test(pixelFormat) ? {} : { pixelFormat }),
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(rates.startsWith('[') ? { rates: [], hasAnyRate: true } : { rates: ratesIn(rates) }),
  };
}

function ratesIn(text: string): readonly Rate[] {
  return [...text.matchAll(/(\d+)\/(\d+)/g)].map(([fraction, frames, seconds]) => ({
    text: fraction,
    perSecond: Number(frames) / Number(seconds),
  }));
}
