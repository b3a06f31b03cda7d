import type { StreamReport } from '../../../live/page-reports.ts';
import { html, setText } from '../parts/dom.ts';
import { bitRate, bytes, count, duration, type Quantity, text } from '../parts/page-format.ts';
import { Sparkline } from '../parts/sparkline.ts';
import { HISTORY_SECONDS, type StreamHistory } from '../state/rate-history.ts';

/** The figures of a stream, each with its last two minutes. */
export class FigureTiles {
  readonly element: HTMLElement;
  readonly #fps = new Tile('fps', 'Frame rate');
  readonly #rate = new Tile('rate', 'Bit rate');
  readonly #latency = new Tile('latency', 'Latency to the service');
  readonly #stored = new Tile('stored', 'On disk');

  constructor() {
    const tiles = [this.#fps, this.#rate, this.#latency, this.#stored];
    this.element = html('dl', { class: 'tiles' }, ...tiles.map((tile) => tile.element));
  }

  update(stream: StreamReport, history: StreamHistory | undefined): void {
    const { sessions, fps, bitsPerSecond, latencyMs, fragmentsStored, bytesStored } = stream;
    const isLive = sessions > 0;
    this.#fps.update([isLive ? fps.toFixed(fps < 100 ? 1 : 0) : '–', 'frames/s'], '', history?.fps);
    this.#rate.update(
      isLive ? bitRate(bitsPerSecond) : ['–', 'Mbit/s'],
      '',
      history?.bitsPerSecond,
    );
    this.#latency.update(
      latencyMs === undefined ? ['–', ''] : duration(latencyMs),
      '',
      history?.latencyMs,
    );
    const [many = '', unit = ''] = count(fragmentsStored, 'fragment').split(' ');
    const persisted = stream.fragmentsPersisted.toLocaleString('en');
    this.#stored.update([many, unit], `${text(bytes(bytesStored))} · ${persisted} in this run`);
  }
}

class Tile {
  readonly element: HTMLElement;
  readonly #value: HTMLElement;
  readonly #unit: HTMLElement;
  readonly #more = html('small', { class: 'more' });
  readonly #line = new Sparkline(HISTORY_SECONDS);

  constructor(id: string, name: string) {
    this.#value = html('b', { id }, '–');
    this.#unit = html('small', { id: `${id}-unit` });
    const value = html(
      'dd',
      {},
      html('p', {}, this.#value, ' ', this.#unit),
      this.#more,
      this.#line.element,
    );
    this.element = html('div', { class: 'tile' }, html('dt', {}, name), value);
  }

  update([value, unit]: Quantity, more: string, line: readonly number[] = []): void {
    setText(this.#value, value);
    setText(this.#unit, unit);
    setText(this.#more, more);
    this.#line.update(line);
  }
}
