import type { TimelineReport } from '../../../live/page-reports.ts';
import { html, setAttribute, setText, svg } from '../parts/dom.ts';
import { bitRate, clock, duration, text } from '../parts/page-format.ts';
import type { Stills } from '../player/stills.ts';
import { placeOfKey } from './scrubber-keys.ts';
import {
  endingNow,
  limitsOf,
  moved,
  SPANS,
  showing,
  spanFor,
  type TimeWindow,
  zoomed,
} from './time-window.ts';
import { TimelineLoader } from './timeline-loader.ts';
import { LANE, timelinePaths, WIDTH } from './timeline-paths.ts';
import { legendOf } from './timeline-texts.ts';
import { TimelineTicks } from './timeline-ticks.ts';
import { TimelineTip } from './timeline-tip.ts';

/** What the timeline is asked to show. */
export type TimelineInput = {
  readonly stream: string;
  readonly nowMs: number;
  /** Of the picture, epoch ms; undefined for live. */
  readonly positionMs: number | undefined;
  /** Changes whenever something was stored or went. */
  readonly revision: string;
};

/** The span of a stream that nothing is known of yet. */
const FIRST_SPAN_MS = 600_000;

/** What is stored, over time: a scrubber, a chart of sizes and latencies, and a legend. */
export class TimelineView {
  readonly element: HTMLElement;
  readonly #seek: (atMs: number) => void;
  readonly #live: () => void;
  readonly #slider: HTMLElement;
  readonly #paths = {
    stored: svg('path', { class: 'stored' }),
    gaps: svg('path', { class: 'gap' }),
    duplicates: svg('path', { class: 'duplicate' }),
    sizes: svg('path', { class: 'size' }),
    latencies: svg('path', { class: 'latency' }),
  };
  readonly #playhead = html('div', { class: 'playhead' });
  readonly #ticks = new TimelineTicks();
  readonly #legend = html('p', { class: 'legend', id: 'timeline-legend' });
  readonly #scale = html('span', { class: 'scale' });
  readonly #spans: HTMLSelectElement;
  readonly #tip: TimelineTip;
  readonly #loader = new TimelineLoader((report) => this.#show(report));
  #window: TimeWindow = endingNow(FIRST_SPAN_MS);
  #isChosen = false;
  #input: TimelineInput | undefined;
  #report: TimelineReport | undefined;

  constructor(seek: (atMs: number) => void, live: () => void, stills: Stills) {
    this.#seek = seek;
    this.#live = live;
    this.#tip = new TimelineTip(stills);
    const lane = (name: string, ...paths: readonly SVGElement[]): SVGElement =>
      svg(
        'svg',
        {
          class: `lane ${name}`,
          viewBox: `0 0 ${WIDTH} ${LANE}`,
          preserveAspectRatio: 'none',
          'aria-hidden': 'true',
        },
        ...paths,
      );
    const { stored, gaps, duplicates, sizes, latencies } = this.#paths;
    this.#slider = html(
      'div',
      {
        class: 'track',
        id: 'scrubber',
        role: 'slider',
        tabindex: 0,
        'aria-label': 'Time',
        'aria-describedby': 'timeline-legend',
        onkeydown: (event) => this.#onKey(event as KeyboardEvent),
        onclick: (event) => this.#seek(this.#timeAt(event as MouseEvent)),
        onmousemove: (event) => this.#point(event as MouseEvent),
        onmouseleave: () => this.#tip.hide(),
      },
      lane('chart', sizes, latencies),
      lane('strip', stored, gaps, duplicates),
      this.#playhead,
    );
    this.#spans = html(
      'select',
      { 'aria-label': 'Span of the timeline', id: 'span', onchange: () => this.#choose() },
      ...SPANS.map(([label, spanMs]) => html('option', { value: spanMs }, label)),
    );
    const head = html(
      'div',
      { class: 'section-head' },
      html('h2', {}, 'Timeline'),
      this.#scale,
      html(
        'div',
        { class: 'tools', role: 'group', 'aria-label': 'Part of the timeline' },
        tool('earlier', 'Earlier', '‹', () => this.#move(-0.5)),
        this.#spans,
        tool('later', 'Later', '›', () => this.#move(0.5)),
      ),
    );
    this.element = html(
      'section',
      { class: 'timeline', 'aria-label': 'Timeline' },
      head,
      html('div', { class: 'track-box' }, this.#slider, this.#tip.element),
      this.#ticks.element,
      this.#legend,
    );
  }

  /** The fragments that are listed one by one, and those in the window in all. */
  get report(): TimelineReport | undefined {
    return this.#report;
  }

  update(input: TimelineInput): void {
    if (input.stream !== this.#input?.stream) {
      this.#report = undefined;
      this.#isChosen = false;
      this.#window = endingNow(FIRST_SPAN_MS);
    }
    this.#input = input;
    const { positionMs, nowMs } = input;
    if (positionMs !== undefined) this.#window = showing(this.#window, positionMs, nowMs);
    this.#load();
    this.#draw();
  }

  #load(): void {
    const input = this.#input;
    if (input === undefined) return;
    const { stream, nowMs, revision } = input;
    this.#loader.load({ stream, window: this.#window, nowMs, revision });
  }

  #show(report: TimelineReport): void {
    this.#report = report;
    const { oldestMs, newestMs } = report;
    const nowMs = this.#input?.nowMs ?? Date.now();
    if (!this.#isChosen && oldestMs !== undefined && newestMs !== undefined) {
      // The first look: all of what is stored, of a stream that was live lately up to now.
      this.#isChosen = true;
      const isRecent = nowMs - newestMs < 600_000;
      const spanMs = spanFor(Math.min((isRecent ? nowMs : newestMs) - oldestMs, 3_600_000));
      this.#window = isRecent ? endingNow(spanMs) : zoomed(spanMs, newestMs - spanMs * 0.45, nowMs);
      this.#load();
    }
    this.#draw();
  }

  #draw(): void {
    const input = this.#input;
    if (input === undefined) return;
    const { nowMs, positionMs } = input;
    const { fromMs, untilMs } = limitsOf(this.#window, nowMs);
    const report = this.#report;
    if (report !== undefined) {
      const paths = timelinePaths({ ...report, fromMs, untilMs });
      for (const name of ['stored', 'gaps', 'duplicates', 'sizes', 'latencies'] as const) {
        setAttribute(this.#paths[name], 'd', paths[name]);
      }
      const most = text(bitRate(paths.mostBytesPerSecond * 8));
      const latency = text(duration(paths.mostLatencyMs));
      const hasLatency = paths.latencies !== '';
      const scale = `up to ${most}${hasLatency ? `, ${latency} latency` : ''}`;
      setText(this.#scale, report.fragments === 0 ? '' : scale);
      setText(this.#legend, legendOf(report));
    }
    const at = positionMs ?? Math.min(nowMs, untilMs);
    const place = ((at - fromMs) / (untilMs - fromMs)) * 100;
    this.#playhead.style.left = `${Math.min(100, Math.max(0, place))}%`;
    this.#playhead.hidden = place < 0 || place > 100;
    setAttribute(this.#slider, 'aria-valuemin', String(Math.round(fromMs / 1000)));
    setAttribute(this.#slider, 'aria-valuemax', String(Math.round(untilMs / 1000)));
    setAttribute(this.#slider, 'aria-valuenow', String(Math.round(at / 1000)));
    const spoken = positionMs === undefined ? 'Live' : clock(positionMs, nowMs);
    setAttribute(this.#slider, 'aria-valuetext', spoken);
    if (this.#spans.value !== String(this.#window.spanMs)) {
      this.#spans.value = String(this.#window.spanMs);
    }
    this.#ticks.draw(fromMs, untilMs, nowMs);
  }

  #choose(): void {
    const nowMs = this.#input?.nowMs ?? Date.now();
    const { fromMs, untilMs } = limitsOf(this.#window, nowMs);
    const aboutMs = this.#input?.positionMs ?? (fromMs + untilMs) / 2;
    const spanMs = Number(this.#spans.value);
    const isNow = this.#window.end.kind === 'now' && this.#input?.positionMs === undefined;
    this.#window = isNow ? endingNow(spanMs) : zoomed(spanMs, aboutMs, nowMs);
    this.#load();
    this.#draw();
  }

  #move(by: number): void {
    this.#window = moved(this.#window, by, this.#input?.nowMs ?? Date.now());
    this.#load();
    this.#draw();
  }

  #timeAt({ clientX }: MouseEvent): number {
    const { left, width } = this.#slider.getBoundingClientRect();
    const { fromMs, untilMs } = limitsOf(this.#window, this.#input?.nowMs ?? Date.now());
    return fromMs + ((clientX - left) / Math.max(1, width)) * (untilMs - fromMs);
  }

  #onKey(event: KeyboardEvent): void {
    const nowMs = this.#input?.nowMs ?? Date.now();
    const place = placeOfKey(event.key, {
      atMs: this.#input?.positionMs ?? nowMs,
      nowMs,
      spanMs: this.#window.spanMs,
      oldestMs: this.#report?.oldestMs,
    });
    if (place === undefined) return;
    if (place === 'live') this.#live();
    else this.#seek(place);
    event.preventDefault();
  }

  #point(event: MouseEvent): void {
    const { left, width } = this.#slider.getBoundingClientRect();
    const { stream, nowMs } = this.#input ?? {};
    if (stream === undefined || nowMs === undefined) return;
    this.#tip.show({
      stream,
      nowMs,
      atMs: this.#timeAt(event),
      place: (event.clientX - left) / Math.max(1, width),
      report: this.#report,
    });
  }
}

function tool(id: string, label: string, sign: string, onclick: () => void): HTMLElement {
  return html('button', { type: 'button', id, 'aria-label': label, title: label, onclick }, sign);
}
