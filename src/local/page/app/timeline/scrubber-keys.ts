/** Where the picture is, and what is around it; epoch ms. */
export type Place = {
  readonly atMs: number;
  readonly nowMs: number;
  readonly spanMs: number;
  /** Of what is stored; undefined for nothing. */
  readonly oldestMs: number | undefined;
};

const STEP_MS = 5000;
/** Of the timeline's span. */
const PAGE = 1 / 10;

/** Where a key leads from a place on the timeline; undefined for a key that leads nowhere. */
export function placeOfKey(key: string, place: Place): 'live' | number | undefined {
  const { atMs, nowMs, spanMs, oldestMs } = place;
  if (key === 'End') return 'live';
  if (key === 'Home') return oldestMs;
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -STEP_MS,
    ArrowDown: -STEP_MS,
    ArrowRight: STEP_MS,
    ArrowUp: STEP_MS,
    PageDown: -spanMs * PAGE,
    PageUp: spanMs * PAGE,
  };
  const step = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (step === undefined) return undefined;
  return atMs + step >= nowMs ? 'live' : Math.max(atMs + step, oldestMs ?? 0);
}
