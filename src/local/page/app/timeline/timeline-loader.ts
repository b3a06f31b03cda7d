import type { TimelineReport } from '../../../live/page-reports.ts';
import { limitsOf, type TimeWindow } from './time-window.ts';

/** What of a stream is to be looked at, and when. */
export type TimelineQuestion = {
  readonly stream: string;
  readonly window: TimeWindow;
  readonly nowMs: number;
  /** Changes whenever something was stored or went. */
  readonly revision: string;
};

/** How often what is stored is asked for again, as a part of the window. */
const REFRESH = 1 / 200;
const POINTS = 300;

/** Asks what is stored: about another window at once, about the same one when it may have changed. */
export class TimelineLoader {
  readonly #onReport: (report: TimelineReport) => void;
  #loading: AbortController | undefined;
  /** What was asked for last, and when. */
  #asked = { key: '', revision: '', atMs: 0 };

  constructor(onReport: (report: TimelineReport) => void) {
    this.#onReport = onReport;
  }

  load({ stream, window, nowMs, revision }: TimelineQuestion): void {
    const { spanMs, end } = window;
    const key = `${stream} ${spanMs} ${end.kind === 'fixed' ? end.untilMs : 'now'}`;
    const isOld = nowMs - this.#asked.atMs >= Math.max(1000, spanMs * REFRESH);
    const isNews = revision !== this.#asked.revision || end.kind === 'now';
    if (key === this.#asked.key && !(isOld && isNews)) return;
    if (key === this.#asked.key && this.#loading !== undefined) return;
    this.#asked = { key, revision, atMs: nowMs };
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    const { fromMs, untilMs } = limitsOf(window, nowMs);
    const query = new URLSearchParams({
      stream,
      from: String(Math.floor(fromMs)),
      until: String(Math.ceil(untilMs)),
      points: String(POINTS),
    });
    fetch(`/api/timeline?${query}`, { signal: loading.signal })
      .then(async (answer) => {
        if (answer.ok) this.#onReport((await answer.json()) as TimelineReport);
      })
      .catch(() => {
        // The service is away, or another window is wanted by now: the next second asks again.
      })
      .finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
  }
}
