import type { FileTimes, MediaFile } from '../media/media-file.ts';
import { isAbsolute } from './start-time.ts';

/**
 * How long a file lasts, ms: what it says, or else from its first frame to the end of its last,
 * for which it is read. Undefined where its length does not matter, since its own times are since the epoch.
 * @param isKnown whether what the header says is enough to tell when the file begins
 * @throws KvsError for what cannot be read at all
 */
export async function fileLengthMs(
  file: MediaFile,
  isKnown: (times: FileTimes) => boolean,
): Promise<number | undefined> {
  let declaredMs: number | undefined;
  let isDone = false;
  let [startNs, lastNs, endNs]: [bigint | undefined, bigint, bigint] = [undefined, 0n, 0n];
  const reading = file.read({
    header: (_header, times) => {
      declaredMs ??= times.durationMs;
      isDone ||= declaredMs !== undefined || isKnown(times);
    },
    change: () => {},
    gap: () => {},
    frame: ({ ptsNs, durationNs }) => {
      isDone ||= isAbsolute(ptsNs);
      if (startNs === undefined || ptsNs < startNs) startNs = ptsNs;
      // A frame that does not say how long it lasts does so as long as the one before.
      const lastsNs = durationNs === 0n && ptsNs > lastNs ? ptsNs - lastNs : durationNs;
      if (ptsNs + lastsNs > endNs) endNs = ptsNs + lastsNs;
      if (ptsNs > lastNs) lastNs = ptsNs;
    },
  });
  try {
    for await (const _bytes of reading) if (isDone) break;
  } finally {
    file.close();
  }
  if (isDone || startNs === undefined) return declaredMs;
  return Number(endNs - startNs) / 1e6;
}
