import type { Device, Format } from './devices.ts';

/** The devices as `--list` prints them, with the numbers that `--device` and `--audio` take. */
export function deviceList(devices: readonly Device[], isJson: boolean): string {
  if (isJson) return `${JSON.stringify(devices.map(record), null, 2)}\n`;
  if (devices.length === 0) return 'There is no camera, and no microphone.\n';
  return (['video', 'audio'] as const)
    .flatMap((kind) => devices.filter((device) => device.kind === kind).map(lines))
    .join('');
}

function lines(device: Device, index: number): string {
  const { kind, name, path, source, formats } = device;
  const place = path === undefined ? '' : ` (${path})`;
  const shown = [...new Set(formats.map(formatText))].map((text) => `    ${text}\n`);
  return `${kind} ${index}: ${name}${place}\n    ${source.join(' ')}\n${shown.join('')}`;
}

function formatText({ mediaType, pixelFormat, width, height, rates }: Format): string {
  return [
    mediaType,
    ...(pixelFormat === undefined ? [] : [pixelFormat]),
    ...(width === undefined ? [] : [`${width}x${height}`]),
    ...(rates.length === 0
      ? []
      : [`${rates.map(({ perSecond }) => rounded(perSecond)).join(', ')} fps`]),
  ].join(' ');
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function record(device: Device): Record<string, unknown> {
  const { formats, source, ...rest } = device;
  return {
    ...rest,
    source: source.join(' '),
    formats: formats.map(({ rates, hasAnyRate: _, ...format }) => ({
      ...format,
      framesPerSecond: rates.map(({ perSecond }) => rounded(perSecond)),
    })),
  };
}
