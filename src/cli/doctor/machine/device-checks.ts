import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../runtime/find-program.ts';
import { chooseEncoder, type EncoderChoice } from '../../camera/encoder-choice.ts';
import { about, type Check, type Finding } from '../findings/finding.ts';

const CAMERA = about('camera', 'the-camera-is-not-found');
const ENCODER = about('encoder', 'the-encoder-does-not-start-or-is-too-slow');

/** The looks at what makes pictures, and what makes H.264 of them. */
export function deviceChecks(): readonly Check[] {
  return [
    { ...CAMERA, look: async () => cameraFinding() },
    {
      ...ENCODER,
      look: async () => {
        if (findProgram('gst-launch-1.0') === undefined) {
          return ENCODER.skipped('GStreamer is not installed.');
        }
        return encoderFinding(await chooseEncoder());
      },
    },
  ];
}

/** The video devices of the kernel, and whether this user may open them. */
export function cameraFinding(folder = '/dev'): Finding {
  if (process.platform !== 'linux') {
    return CAMERA.skipped('Only Linux lists its cameras in /dev.', 'kvs-launch camera --list');
  }
  const devices = readdirSync(folder).filter((name) => /^video\d+$/.test(name));
  if (devices.length === 0) {
    return CAMERA.skipped(
      'There is no /dev/video*: no camera is plugged in, or its driver is not loaded.',
      'kvs-launch camera --list; on a Raspberry Pi: rpicam-hello --list-cameras',
    );
  }
  const closed = devices.filter((name) => !mayOpen(join(folder, name)));
  if (closed.length > 0) {
    return CAMERA.problem(
      `This user may not open ${closed.map((name) => join(folder, name)).join(', ')}.`,
      'sudo usermod -aG video "$USER", then log in again',
    );
  }
  const found = devices.map((name) => join(folder, name)).join(', ');
  return CAMERA.ok(`${found} can be opened; kvs-launch camera --list has the formats.`);
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The best H.264 encoder that has encoded something. */
export function encoderFinding({ encoder, failed }: EncoderChoice): Finding {
  const others = failed.map(({ name, why }) => ` ${name} is there, but: ${why}.`).join('');
  if (encoder === undefined) {
    return ENCODER.problem(
      `None for H.264 works.${others}`,
      'sudo apt-get install gstreamer1.0-plugins-ugly (x264enc)',
    );
  }
  const kind = encoder.isHardware ? 'in hardware' : 'in software';
  return ENCODER.ok(`${encoder.name} encodes H.264 ${kind}.${others}`);
}
