import type { FragmentMedia } from './fragment-media.ts';
import { UNNOTICED_MS } from './silence.ts';

/**
 * Shows the first picture from the fragment's beginning on where its sound begins earlier, as behind
 * an encoder that looks ahead. With a playlist per track, players put the first sample of each at the
 * fragment's beginning: the picture would come early, and stand still where it had come out.
 */
export function withHeldPicture(media: FragmentMedia): FragmentMedia {
  const { tracks, timescale, runs } = media;
  const video = tracks.find(({ kind }) => kind === 'video');
  const at = runs.findIndex(({ track }) => track === video?.number);
  const held = runs[at];
  const [first, ...rest] = held?.samples ?? [];
  if (held === undefined || first === undefined) return media;
  const startPts = Math.min(...runs.map(({ samples }) => samples[0]?.pts ?? first.pts));
  if (first.pts - startPts <= (UNNOTICED_MS * timescale) / 1000) return media;
  const samples = [{ ...first, pts: startPts }, ...rest];
  return { ...media, runs: runs.with(at, { ...held, samples }) };
}
