import type { Mp4Track } from '../fmp4/codec.ts';
import type { HlsEntry, HlsSession } from './hls-session.ts';

/**
 * The master playlist (RFC 8216, 4.3.4): one variant with all tracks in one.
 * @param tracks of every format that the session has so far.
 */
export function masterPlaylist(session: HlsSession, tracks: readonly Mp4Track[]): string {
  const videos = tracks.filter((track) => track.kind === 'video');
  const [width, height] = [
    Math.max(...sizes(videos, 'width')),
    Math.max(...sizes(videos, 'height')),
  ];
  const resolution = width > 0 && height > 0 ? `,RESOLUTION=${width}x${height}` : '';
  const others = tracks.filter((track) => track.kind !== 'video');
  const codecs = [...new Set([...videos, ...others].map((track) => track.codec))].join(',');
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth(session)},CODECS="${codecs}"${resolution}`,
    `getHLSMediaPlaylist.m3u8?SessionToken=${session.token}`,
    '',
  ].join('\n');
}

/** The media playlist (RFC 8216, 4.3.3) as the session stands now. */
export function mediaPlaylist(session: HlsSession): string {
  const { entries, settings, token } = session;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${targetDuration(entries)}`,
    `#EXT-X-MEDIA-SEQUENCE:${entries[0]?.sequence ?? 1}`,
  ];
  if (settings.mode === 'LIVE') {
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${session.discontinuitiesGone}`);
  } else {
    lines.push(`#EXT-X-PLAYLIST-TYPE:${settings.mode === 'ON_DEMAND' ? 'VOD' : 'EVENT'}`);
  }
  let formatId: string | undefined;
  entries.forEach((entry, i) => {
    const query = `FragmentNumber=${entry.number}&SessionToken=${token}`;
    // The very first entry of a live playlist may be one: the one before it has left.
    if (entry.discontinuity && i > 0) lines.push('#EXT-X-DISCONTINUITY');
    if (entry.formatId !== formatId) {
      formatId = entry.formatId;
      lines.push(`#EXT-X-MAP:URI="getMP4InitFragment.mp4?${query}"`);
    }
    if (settings.displayTimestamps) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(entry.startMs).toISOString()}`);
    }
    lines.push(`#EXTINF:${(durationMs(entries, i) / 1000).toFixed(3)},`);
    lines.push(`getMP4MediaFragment.mp4?${query}`);
  });
  if (settings.mode === 'ON_DEMAND') lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function sizes(tracks: readonly Mp4Track[], side: 'width' | 'height'): number[] {
  return [0, ...tracks.map((track) => track[side])];
}

/** Up to the next fragment where that follows closely: the estimate of the last frame is not needed. */
export function durationMs(entries: readonly HlsEntry[], i: number): number {
  const entry = entries[i];
  const next = entries[i + 1];
  if (entry === undefined) return 0;
  const untilNext = next === undefined ? entry.durationMs : next.startMs - entry.startMs;
  // Server timestamps of an upload at full speed say nothing of durations.
  if (untilNext <= 0) return entry.durationMs;
  return Math.abs(untilNext - entry.durationMs) <= 250 ? untilNext : entry.durationMs;
}

function targetDuration(entries: readonly HlsEntry[]): number {
  const longest = entries.reduce((most, _entry, i) => Math.max(most, durationMs(entries, i)), 1);
  // RFC 8216, 4.3.3.1: no segment, rounded to the nearest second, may be longer.
  return Math.max(1, Math.round(longest / 1000));
}

function bandwidth(session: HlsSession): number {
  let most = 1;
  for (const { bytes, durationMs } of session.entries) {
    most = Math.max(most, Math.ceil((bytes * 8 * 1000) / durationMs));
  }
  return most;
}
