import type { TrackReport } from '../../../live/page-reports.ts';

const CODECS: Readonly<Record<string, string>> = {
  'V_MPEG4/ISO/AVC': 'H.264',
  'V_MPEGH/ISO/HEVC': 'H.265',
  A_AAC: 'AAC',
  'A_MS/ACM': 'G.711',
  A_OPUS: 'Opus',
};

/** profile_idc (ITU-T H.264, annex A). */
const AVC_PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4',
};

/** general_profile_idc (ITU-T H.265, annex A). */
const HEVC_PROFILES: Readonly<Record<number, string>> = {
  1: 'Main',
  2: 'Main 10',
  4: 'Range ext.',
};

/** audioObjectType (ISO/IEC 14496-3, table 1.17). */
const AAC_TYPES: Readonly<Record<number, string>> = { 2: 'LC', 5: 'HE', 29: 'HE v2' };

/** A codec's name: `H.264`. */
export function codecName(codecId: string): string {
  return CODECS[codecId] ?? (codecId || 'unknown codec');
}

/** A track in a few words: `H.264 1280 × 720`. */
export function trackTitle({ codecId, width, height }: TrackReport): string {
  const name = codecName(codecId);
  return width && height ? `${name} ${width} × ${height}` : name;
}

/** What a codec string says for people: `Constrained Baseline, level 3.1`; undefined for none. */
export function codecProfile(codec: string | undefined): string | undefined {
  const avc = /^avc1\.([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(codec ?? '');
  if (avc) {
    const [profile = 0, constraints = 0, level = 0] = avc.slice(1).map((two) => parseInt(two, 16));
    const name = AVC_PROFILES[profile] ?? `profile ${profile}`;
    // constraint_set1_flag makes Baseline the constrained one (A.2.1.1).
    const isConstrained = profile === 66 && (constraints & 0x40) !== 0;
    return `${isConstrained ? 'Constrained ' : ''}${name}, level ${level / 10}`;
  }
  const hevc = /^hvc1\.[ABC]?(\d+)\.[\da-f]+\.([LH])(\d+)/i.exec(codec ?? '');
  if (hevc) {
    const [, profile, tier, level] = hevc;
    const name = HEVC_PROFILES[Number(profile)] ?? `profile ${profile}`;
    return `${name}, level ${Number(level) / 30}${tier === 'H' ? ', high tier' : ''}`;
  }
  const aac = /^mp4a\.40\.(\d+)$/.exec(codec ?? '');
  return aac ? (AAC_TYPES[Number(aac[1])] ?? `object type ${aac[1]}`) : undefined;
}
