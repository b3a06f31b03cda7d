import type { StreamReport } from '../../../live/page-reports.ts';
import { html, setAttribute, setText } from '../parts/dom.ts';
import { bitRate, bytes, count, duration, text } from '../parts/page-format.ts';
import { Sparkline } from '../parts/sparkline.ts';
import { Unplayable } from '../player/media-events.ts';
import type { Stills } from '../player/stills.ts';
import { HISTORY_SECONDS, type StreamHistory } from '../state/rate-history.ts';
import { formatRoute } from '../state/route.ts';
import { streamHealth } from '../state/stream-health.ts';

/** A picture is as old as this at least before another one is fetched. */
const PICTURE_EVERY_MS = 2_000;

/** A stream in the overview: its picture, how it is, and its figures. */
export class StreamCard {
  readonly element: HTMLLIElement;
  readonly #name: string;
  readonly #stills: Stills;
  readonly #canvas = html('canvas', { width: 320, height: 180, 'aria-hidden': 'true' });
  readonly #blank = html('span', { class: 'blank' }, 'No picture yet');
  readonly #badge = html('span', { class: 'badge' });
  readonly #health = html('span', { class: 'health' });
  readonly #figures = html('span', { class: 'figures' });
  readonly #line = new Sparkline(HISTORY_SECONDS);
  readonly #gone = new AbortController();
  #isVisible = false;
  /** The fragment of the picture, so to speak: how many there were, and when it was drawn. */
  #drawn: { readonly revision: string; readonly atMs: number } | undefined;
  #isDrawing = false;
  #stream: StreamReport | undefined;

  constructor(name: string, stills: Stills) {
    this.#name = name;
    this.#stills = stills;
    const href = formatRoute({
      kind: 'stream',
      name,
      playback: { kind: 'live' },
      panel: 'fragments',
    });
    this.element = html(
      'li',
      { class: 'card' },
      html(
        'a',
        { href },
        html('span', { class: 'picture' }, this.#canvas, this.#blank, this.#badge),
        html('span', { class: 'card-name' }, name),
        this.#health,
        this.#figures,
        this.#line.element,
      ),
    );
  }

  /** Pictures are fetched only while they can be seen. */
  set isVisible(isVisible: boolean) {
    this.#isVisible = isVisible;
    this.#draw();
  }

  update(stream: StreamReport, history: StreamHistory | undefined, nowMs: number): void {
    this.#stream = stream;
    const isLive = stream.sessions > 0;
    setAttribute(this.element, 'data-live', String(isLive));
    setText(this.#badge, isLive ? 'Live' : 'Idle');
    setAttribute(this.#badge, 'data-state', isLive ? 'live' : 'idle');
    const health = streamHealth(stream, nowMs);
    setAttribute(this.#health, 'data-level', health.level);
    setText(this.#health, health.text);
    setText(this.#figures, isLive ? liveFigures(stream) : storedFigures(stream));
    this.#line.update(isLive ? (history?.bitsPerSecond ?? []) : []);
    this.#draw();
  }

  close(): void {
    this.#gone.abort();
  }

  #draw(): void {
    const stream = this.#stream;
    if (stream === undefined || !this.#isVisible || this.#isDrawing || document.hidden) return;
    const { fragmentsPersisted, fragmentsStored, sessions } = stream;
    if (fragmentsStored === 0 && sessions === 0) return;
    const revision = `${fragmentsPersisted} ${sessions > 0} ${stream.lastFrameMs !== undefined}`;
    const now = performance.now();
    if (revision === this.#drawn?.revision) return;
    if (now - (this.#drawn?.atMs ?? Number.NEGATIVE_INFINITY) < PICTURE_EVERY_MS) return;
    this.#isDrawing = true;
    this.#drawn = { revision, atMs: now };
    this.#stills
      .draw(this.#canvas, this.#name, undefined, this.#gone.signal)
      .then(
        () => {
          this.#blank.hidden = true;
        },
        (error: unknown) => {
          if (!(error instanceof Unplayable)) {
            // The service was not there, say: what it has may be the same when it is back.
            this.#drawn = { revision: '', atMs: now };
            return;
          }
          this.#blank.hidden = false;
          setText(this.#blank, error.message);
        },
      )
      .finally(() => {
        this.#isDrawing = false;
      });
  }
}

function liveFigures({ fps, bitsPerSecond, latencyMs }: StreamReport): string {
  const parts = [`${fps.toFixed(0)} fps`, text(bitRate(bitsPerSecond))];
  if (latencyMs !== undefined) parts.push(`${text(duration(latencyMs))} latency`);
  return parts.join(' · ');
}

function storedFigures({ fragmentsStored, bytesStored }: StreamReport): string {
  if (fragmentsStored === 0) return 'nothing stored';
  return `${count(fragmentsStored, 'fragment')} · ${text(bytes(bytesStored))}`;
}
