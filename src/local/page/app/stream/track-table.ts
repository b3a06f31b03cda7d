import type { TrackReport } from '../../../live/page-reports.ts';
import { codecName, codecProfile } from '../parts/codec-names.ts';
import { type Column, DataTable } from '../parts/data-table.ts';

/** A table of tracks, with further columns for what is known of them besides. */
export function trackTable<T extends TrackReport>(
  caption: string,
  empty: string,
  more: readonly Column<T>[],
): DataTable<T> {
  return new DataTable<T>(
    caption,
    [
      { head: 'Track', text: ({ number, name }) => (name ? `${number} (${name})` : `${number}`) },
      { head: 'Kind', text: kindOf },
      { head: 'Codec', text: ({ codecId }) => codecName(codecId) },
      { head: 'Profile', text: ({ codec }) => codecProfile(codec) ?? '' },
      { head: 'Codec string', text: ({ codec, codecId }) => codec ?? codecId },
      { head: 'Format', text: formatOf },
      { head: 'Codec private data', isNumber: true, text: privateOf },
      ...more,
    ],
    ({ number }) => String(number),
    empty,
  );
}

function kindOf({ type }: TrackReport): string {
  return type === 1 ? 'video' : type === 2 ? 'audio' : `type ${type}`;
}

function formatOf({ width, height, samplingFrequencyHz, channels }: TrackReport): string {
  if (width && height) return `${width} × ${height}`;
  if (samplingFrequencyHz === undefined) return '';
  const kilohertz = `${samplingFrequencyHz / 1000} kHz`;
  if (channels === undefined) return kilohertz;
  return `${kilohertz}, ${channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`}`;
}

function privateOf({ codecPrivateBytes }: TrackReport): string {
  if (codecPrivateBytes === undefined) return '';
  return codecPrivateBytes === 0 ? 'missing' : `${codecPrivateBytes} bytes`;
}
