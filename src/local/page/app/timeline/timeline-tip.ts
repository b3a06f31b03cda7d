import type { TimelineReport } from '../../../live/page-reports.ts';
import { html, setText } from '../parts/dom.ts';
import type { Stills } from '../player/stills.ts';
import { partAt, tipOf } from './timeline-texts.ts';

/** What the mouse points at. */
export type Pointed = {
  readonly stream: string;
  readonly atMs: number;
  /** In the timeline, 0 … 1. */
  readonly place: number;
  readonly nowMs: number;
  readonly report: TimelineReport | undefined;
};

const STILL_AFTER_MS = 180;

/** What is stored where the mouse points, in words, and as a picture when it stays there. */
export class TimelineTip {
  readonly element = html('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  readonly #stills: Stills;
  readonly #text = html('p');
  readonly #canvas = html('canvas');
  #still: { readonly stop: AbortController; readonly timer: number } | undefined;

  constructor(stills: Stills) {
    this.#stills = stills;
    this.element.append(this.#canvas, this.#text);
  }

  show({ stream, atMs, place, nowMs, report }: Pointed): void {
    this.element.hidden = false;
    this.element.style.left = `${Math.min(0.92, Math.max(0.08, place)) * 100}%`;
    setText(this.#text, tipOf(report, atMs, nowMs));
    this.#stopStill();
    this.#canvas.hidden = true;
    if (partAt(report, atMs) === undefined) return;
    const stop = new AbortController();
    const timer = window.setTimeout(() => {
      this.#stills.draw(this.#canvas, stream, atMs, stop.signal).then(
        () => {
          this.#canvas.hidden = stop.signal.aborted;
        },
        () => {
          // A tip without a picture says the rest.
        },
      );
    }, STILL_AFTER_MS);
    this.#still = { stop, timer };
  }

  hide(): void {
    this.#stopStill();
    this.element.hidden = true;
  }

  #stopStill(): void {
    window.clearTimeout(this.#still?.timer);
    this.#still?.stop.abort();
    this.#still = undefined;
  }
}
