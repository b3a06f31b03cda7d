/** Numbers as people read them: [value, unit]. */

/** @param {number} bitsPerSecond */
export function bitRate(bitsPerSecond) {
  if (bitsPerSecond >= 1e6) return [(bitsPerSecond / 1e6).toFixed(2), 'Mbit/s'];
  return [(bitsPerSecond / 1e3).toFixed(0), 'kbit/s'];
}

/** @param {number} count */
export function bytes(count) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [value.toFixed(unit === 0 || value >= 100 ? 0 : 1), units[unit]];
}

/**
 * A producer counts from its first frame, which may have been late itself: a later frame can then
 * arrive before its own time.
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < 1) return ['< 1', 'ms'];
  if (ms < 10_000) return [String(Math.round(ms)), 'ms'];
  if (ms < 120_000) return [(ms / 1000).toFixed(1), 's'];
  return [(ms / 60_000).toFixed(1), 'min'];
}

/** @param {number} hours */
export function retention(hours) {
  if (hours === 0) return 'not retained (buffered for five minutes)';
  if (hours % 24 === 0) return hours === 24 ? '1 day' : `${hours / 24} days`;
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

const CODECS = {
  'V_MPEG4/ISO/AVC': 'H.264',
  'V_MPEGH/ISO/HEVC': 'H.265',
  A_AAC: 'AAC',
  'A_MS/ACM': 'G.711',
  A_OPUS: 'Opus',
};

/** @param {{ codecId: string, width?: number, height?: number }} track */
export function track({ codecId, width, height }) {
  const name = CODECS[codecId] ?? (codecId || 'unknown codec');
  return width && height ? `${name} ${width} × ${height}` : name;
}
