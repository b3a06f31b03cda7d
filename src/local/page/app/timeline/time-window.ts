/** The part of time that a timeline shows: up to now, or one that stands still. */
export type TimeWindow = {
  readonly spanMs: number;
  readonly end: { readonly kind: 'now' } | { readonly kind: 'fixed'; readonly untilMs: number };
};

/** What one can choose from. */
export const SPANS: readonly (readonly [label: string, spanMs: number])[] = [
  ['1 min', 60_000],
  ['10 min', 10 * 60_000],
  ['1 h', 3_600_000],
  ['6 h', 6 * 3_600_000],
  ['1 day', 86_400_000],
  ['7 days', 7 * 86_400_000],
  ['30 days', 30 * 86_400_000],
];

/** A window up to now shows a little of the time to come, so that the newest is not cut off. */
const AHEAD = 0.02;

export function endingNow(spanMs: number): TimeWindow {
  return { spanMs, end: { kind: 'now' } };
}

/** Epoch ms of both ends. */
export function limitsOf(
  { spanMs, end }: TimeWindow,
  nowMs: number,
): { fromMs: number; untilMs: number } {
  const untilMs = end.kind === 'fixed' ? end.untilMs : nowMs + spanMs * AHEAD;
  return { fromMs: Math.max(0, untilMs - spanMs), untilMs };
}

/** The smallest window to choose that shows all of a span; the largest when none does. */
export function spanFor(ms: number): number {
  return SPANS.find(([, spanMs]) => spanMs >= ms)?.[1] ?? SPANS.at(-1)?.[1] ?? ms;
}

/** The window moved by a part of itself; one that reaches now goes on with it. */
export function moved(window: TimeWindow, by: number, nowMs: number): TimeWindow {
  const { untilMs } = limitsOf(window, nowMs);
  return endingAt(window.spanMs, untilMs + by * window.spanMs, nowMs);
}

/** The window with a time in its middle, if it does not show it already. */
export function showing(window: TimeWindow, atMs: number, nowMs: number): TimeWindow {
  const { fromMs, untilMs } = limitsOf(window, nowMs);
  if (atMs >= fromMs && atMs <= untilMs) return window;
  return endingAt(window.spanMs, atMs + window.spanMs / 2, nowMs);
}

/** The window with another span, about a time. */
export function zoomed(spanMs: number, aboutMs: number, nowMs: number): TimeWindow {
  return endingAt(spanMs, aboutMs + spanMs / 2, nowMs);
}

function endingAt(spanMs: number, untilMs: number, nowMs: number): TimeWindow {
  if (untilMs >= nowMs) return { spanMs, end: { kind: 'now' } };
  return { spanMs, end: { kind: 'fixed', untilMs: Math.max(spanMs, untilMs) } };
}

const STEPS_MS = [
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  10_800,
  21_600,
  43_200,
  86_400,
  2 * 86_400,
  7 * 86_400,
].map((seconds) => seconds * 1000);

/** Round local times within a window, at most so many. */
export function ticksOf(fromMs: number, untilMs: number, most: number): number[] {
  const stepMs = STEPS_MS.find((step) => (untilMs - fromMs) / step <= most) ?? 30 * 86_400_000;
  const offsetMs = new Date(fromMs).getTimezoneOffset() * 60_000;
  const first = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs;
  const ticks: number[] = [];
  for (let at = first; at <= untilMs; at += stepMs) ticks.push(at);
  return ticks;
}
