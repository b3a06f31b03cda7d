import { setAttribute, svg } from './dom.ts';

const WIDTH = 100;
const HEIGHT = 24;

/** A line of the last values, the newest at the right. Says nothing to who does not see it. */
export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #area = svg('path', { class: 'area' });
  readonly #line = svg('path', { class: 'line' });
  readonly #points: number;

  /** @param points that fill the width. */
  constructor(points: number) {
    this.#points = points;
    this.element = svg(
      'svg',
      {
        class: 'spark',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        'aria-hidden': 'true',
      },
      this.#area,
      this.#line,
    );
  }

  update(values: readonly number[]): void {
    if (values.length < 2) {
      this.#area.removeAttribute('d');
      this.#line.removeAttribute('d');
      return;
    }
    const most = Math.max(1, ...values) * 1.15;
    const step = WIDTH / (this.#points - 1);
    const from = WIDTH - (values.length - 1) * step;
    const points = values
      .map((value, i) => {
        const y = HEIGHT - 1 - (Math.max(0, value) / most) * (HEIGHT - 2);
        return `${(from + i * step).toFixed(2)} ${y.toFixed(2)}`;
      })
      .join('L');
    setAttribute(this.#line, 'd', `M${points}`);
    setAttribute(this.#area, 'd', `M${from.toFixed(2)} ${HEIGHT}L${points}L${WIDTH} ${HEIGHT}Z`);
  }
}
