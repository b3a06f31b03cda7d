import { KvsError } from '../../errors/kvs-error.ts';
import { type Device, deviceAt, listDevices } from './devices.ts';

/** The device that is always there. */
export const TEST = 'test';

const TEST_DEVICES: Readonly<Record<Device['kind'], Device>> = {
  video: {
    name: 'test picture',
    kind: 'video',
    source: ['videotestsrc', 'is-live=true'],
    formats: [{ mediaType: 'video/x-raw', rates: [], hasAnyRate: true }],
  },
  audio: {
    name: 'test tone',
    kind: 'audio',
    source: ['audiotestsrc', 'is-live=true'],
    formats: [],
  },
};

const WORDS: Readonly<Record<Device['kind'], string>> = { video: 'camera', audio: 'microphone' };

/**
 * The device of this kind that is meant: by its path, its name or a part of that, or its number among
 * those of the kind; without any the first.
 * @throws KvsError STATUS_NOT_FOUND with what there is.
 */
export async function chooseDevice(
  kind: Device['kind'],
  wanted: string | undefined,
  list: () => Promise<readonly Device[]> = listDevices,
): Promise<Device> {
  if (wanted === TEST) return TEST_DEVICES[kind];
  let devices: readonly Device[];
  try {
    devices = (await list()).filter((device) => device.kind === kind);
  } catch (error) {
    // Without a list, a path still says enough.
    if (kind === 'video' && wanted?.startsWith('/dev/')) return deviceAt(wanted);
    throw error;
  }
  const found = wanted === undefined ? devices[0] : named(devices, wanted);
  if (found !== undefined) return found;
  if (kind === 'video' && wanted?.startsWith('/dev/')) return deviceAt(wanted);
  throw missing(kind, wanted, devices);
}

function named(devices: readonly Device[], wanted: string): Device | undefined {
  if (/^\d+$/.test(wanted)) return devices[Number(wanted)];
  const lower = wanted.toLowerCase();
  return (
    devices.find(({ path, name }) => path === wanted || name === wanted) ??
    devices.find(({ name }) => name.toLowerCase().includes(lower))
  );
}

function missing(
  kind: Device['kind'],
  wanted: string | undefined,
  devices: readonly Device[],
): KvsError {
  const word = WORDS[kind];
  const which = wanted === undefined ? `There is no ${word}` : `There is no ${word} "${wanted}"`;
  return new KvsError('STATUS_NOT_FOUND', which, {
    advice:
      devices.length === 0
        ? 'See docs/2-use/troubleshooting.md#the-camera-is-not-found, or try --device test.'
        : `There is: ${devices.map(({ name }, index) => `${index} ${name}`).join(', ')}.`,
  });
}
