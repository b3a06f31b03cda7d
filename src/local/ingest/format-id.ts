import { createHash } from 'node:crypto';
import type { ReadTrack } from '../../matroska/reader-handlers.ts';

/**
 * Names what a player must know before the first frame. Headers that differ in it need another
 * initialization segment; names and UIDs, which muxers make up anew for each session, do not.
 */
export function formatId(tracks: readonly ReadTrack[], timecodeScaleNs: number): string {
  const hash = createHash('sha1').update(`${timecodeScaleNs}`);
  for (const track of tracks) {
    const { number, type, codecId, width, height, samplingFrequencyHz, channels } = track;
    hash.update(
      JSON.stringify([number, type, codecId, width, height, samplingFrequencyHz, channels]),
    );
    hash.update(track.codecPrivate ?? '');
  }
  return hash.digest('hex').slice(0, 16);
}
