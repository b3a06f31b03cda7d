import type { FragmentReport, TimelineBin, TimelineReport } from '../../../live/page-reports.ts';
import { html, setAttribute, setText, svg } from '../parts/dom.ts';
import { bitRate, bytes, clock, count, duration, span, text } from '../parts/page-format.ts';
import type { Stills } from '../player/stills.ts';
import {
  endingNow,
  limitsOf,
  moved,
  SPANS,
  showing,
  spanFor,
  type TimeWindow,
  ticksOf,
  zoomed,
} from './time-window.ts';
import { LANE, timelinePaths, WIDTH } from './timeline-paths.ts';

/** What the timeline is asked to show. */
export type TimelineInput = {
  readonly stream: string;
  readonly nowMs: number;
  /** Of the picture, epoch ms; undefined for live. */
  readonly positionMs: number | undefined;
  /** Changes whenever something was stored or went. */
  readonly revision: string;
};

/** How often what is stored is asked for again, as a part of the window. */
const REFRESH = 1 / 200;
const POINTS = 300;
const MOST_TICKS = 6;
const STILL_AFTER_MS = 180;

/** What is stored, over time: a scrubber, a chart of sizes and latencies, and a legend. */
export class TimelineView {
  readonly element: HTMLElement;
  readonly #seek: (atMs: number) => void;
  readonly #live: () => void;
  readonly #stills: Stills;
  readonly #slider: HTMLElement;
  readonly #paths = {
    stored: svg('path', { class: 'stored' }),
    gaps: svg('path', { class: 'gap' }),
    duplicates: svg('path', { class: 'duplicate' }),
    sizes: svg('path', { class: 'size' }),
    latencies: svg('path', { class: 'latency' }),
  };
  readonly #playhead = html('div', { class: 'playhead' });
  readonly #ticks = html('div', { class: 'ticks', 'aria-hidden': 'true' });
  readonly #legend = html('p', { class: 'legend', id: 'timeline-legend' });
  readonly #scale = html('span', { class: 'scale' });
  readonly #spans: HTMLSelectElement;
  readonly #tip = html('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  readonly #tipText = html('p');
  readonly #canvas = html('canvas');
  #window: TimeWindow = endingNow(600_000);
  #isChosen = false;
  #input: TimelineInput | undefined;
  #report: TimelineReport | undefined;
  #loading: AbortController | undefined;
  /** What was asked for last, and when. */
  #asked = { key: '', revision: '', atMs: 0 };
  #still: { readonly stop: AbortController; readonly timer: number } | undefined;

  constructor(seek: (atMs: number) => void, live: () => void, stills: Stills) {
    this.#seek = seek;
    this.#live = live;
    this.#stills = stills;
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
        onmouseleave: () => this.#leave(),
      },
      lane('chart', sizes, latencies),
      lane('strip', stored, gaps, duplicates),
      this.#playhead,
    );
    this.#tip.append(this.#canvas, this.#tipText);
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
      html('div', { class: 'track-box' }, this.#slider, this.#tip),
      this.#ticks,
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
      this.#window = endingNow(600_000);
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
    const { nowMs, revision, stream } = input;
    const { spanMs, end } = this.#window;
    const key = `${stream} ${spanMs} ${end.kind === 'fixed' ? end.untilMs : 'now'}`;
    const isOld = nowMs - this.#asked.atMs >= Math.max(1000, spanMs * REFRESH);
    const isNews = revision !== this.#asked.revision || end.kind === 'now';
    if (key === this.#asked.key && !(isOld && isNews)) return;
    if (key === this.#asked.key && this.#loading !== undefined) return;
    this.#asked = { key, revision, atMs: nowMs };
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    const { fromMs, untilMs } = limitsOf(this.#window, nowMs);
    const query = new URLSearchParams({
      stream,
      from: String(Math.floor(fromMs)),
      until: String(Math.ceil(untilMs)),
      points: String(POINTS),
    });
    fetch(`/api/timeline?${query}`, { signal: loading.signal })
      .then(async (answer) => {
        if (answer.ok) this.#show((await answer.json()) as TimelineReport);
      })
      .catch(() => {
        // The service is away, or another window is wanted by now: the next second asks again.
      })
      .finally(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
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
    this.#drawTicks(fromMs, untilMs, nowMs);
  }

  #drawTicks(fromMs: number, untilMs: number, nowMs: number): void {
    const isLong = untilMs - fromMs > 36 * 3_600_000;
    const labels = ticksOf(fromMs, untilMs, MOST_TICKS).map((atMs) => {
      const date = new Date(atMs);
      const label = isLong ? date.toLocaleDateString('en-CA').slice(5) : clock(atMs, atMs);
      const left = ((atMs - fromMs) / (untilMs - fromMs)) * 100;
      return { label: untilMs - fromMs > 600_000 && !isLong ? label.slice(0, 5) : label, left };
    });
    const day = clock(fromMs, nowMs).includes(' ') ? clock(fromMs, nowMs).slice(0, 10) : '';
    const shown = labels.filter(({ left }) => left > 3 && left < 97);
    while (this.#ticks.children.length > shown.length + 1) this.#ticks.lastElementChild?.remove();
    while (this.#ticks.children.length < shown.length + 1) this.#ticks.append(html('span'));
    const [first, ...others] = this.#ticks.children as unknown as HTMLElement[];
    if (first) {
      first.className = 'day';
      first.hidden = isLong || day === '';
      setText(first, day);
    }
    others.forEach((element, i) => {
      setText(element, shown[i]?.label ?? '');
      element.style.left = `${shown[i]?.left ?? 0}%`;
    });
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
    const at = this.#input?.positionMs ?? nowMs;
    const page = this.#window.spanMs / 10;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -5000,
      ArrowDown: -5000,
      ArrowRight: 5000,
      ArrowUp: 5000,
      PageDown: -page,
      PageUp: page,
    };
    const step = steps[event.key];
    const { oldestMs } = this.#report ?? {};
    if (event.key === 'End') this.#live();
    else if (event.key === 'Home' && oldestMs !== undefined) this.#seek(oldestMs);
    else if (step !== undefined && at + step >= nowMs) this.#live();
    else if (step !== undefined) this.#seek(Math.max(at + step, oldestMs ?? 0));
    else return;
    event.preventDefault();
  }

  #point(event: MouseEvent): void {
    const atMs = this.#timeAt(event);
    const { left, width } = this.#slider.getBoundingClientRect();
    const place = (event.clientX - left) / Math.max(1, width);
    this.#tip.hidden = false;
    this.#tip.style.left = `${Math.min(0.92, Math.max(0.08, place)) * 100}%`;
    setText(this.#tipText, tipOf(this.#report, atMs, this.#input?.nowMs ?? Date.now()));
    this.#stopStill();
    this.#canvas.hidden = true;
    const stream = this.#input?.stream;
    if (stream === undefined || partAt(this.#report, atMs) === undefined) return;
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

  #leave(): void {
    this.#stopStill();
    this.#tip.hidden = true;
  }

  #stopStill(): void {
    window.clearTimeout(this.#still?.timer);
    this.#still?.stop.abort();
    this.#still = undefined;
  }
}

function tool(id: string, label: string, sign: string, onclick: () => void): HTMLElement {
  return html('button', { type: 'button', id, 'aria-label': label, title: label, onclick }, sign);
}

function legendOf(report: TimelineReport): string {
  const { fragments, bytes: size, gapCount, gapMs, duplicates = 0, oldestMs } = report;
  if (oldestMs === undefined) return 'Nothing is stored yet.';
  if (fragments === 0) return 'Nothing is stored in this part of the timeline.';
  const parts = [count(fragments, 'fragment'), text(bytes(size))];
  parts.push(gapCount === 0 ? 'no gaps' : `${count(gapCount, 'gap')} (${text(span(gapMs))})`);
  if (duplicates > 0) parts.push(count(duplicates, 'duplicate'));
  return parts.join(' · ');
}

function tipOf(report: TimelineReport | undefined, atMs: number, nowMs: number): string {
  const time = clock(atMs, nowMs);
  const part = partAt(report, atMs);
  if (part === undefined) return `${time}\nnothing stored`;
  const many = 'number' in part ? 1 : part.fragments;
  const latencyMs = 'number' in part ? part.arrivedMs - part.startMs : part.latencyMs;
  const size = text(bytes(part.bytes));
  const isLive = latencyMs !== undefined && Math.abs(latencyMs) < 3_600_000;
  const latency = isLive ? `, ${text(duration(latencyMs))} latency` : '';
  const copies = part.duplicates > 0 ? `, ${count(part.duplicates, 'duplicate')}` : '';
  return `${time}\n${count(many, 'fragment')}, ${size}${latency}${copies}`;
}

function partAt(
  report: TimelineReport | undefined,
  atMs: number,
): FragmentReport | TimelineBin | undefined {
  if (report === undefined) return undefined;
  const { parts } = report;
  if (parts.kind === 'bins') {
    return parts.list.find(({ startMs }) => atMs >= startMs && atMs < startMs + parts.binMs);
  }
  return parts.list.find(
    ({ startMs, durationMs }) => atMs >= startMs && atMs < startMs + Math.max(durationMs, 250),
  );
}
