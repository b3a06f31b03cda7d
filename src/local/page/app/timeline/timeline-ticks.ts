import { html, setText } from '../parts/dom.ts';
import { clock } from '../parts/page-format.ts';
import { ticksOf } from './time-window.ts';

const MOST_TICKS = 6;
const MINUTES_WITHIN_MS = 600_000;
const DAYS_BEYOND_MS = 36 * 3_600_000;

/** The times below a timeline. */
export class TimelineTicks {
  readonly element = html('div', { class: 'ticks', 'aria-hidden': 'true' });

  draw(fromMs: number, untilMs: number, nowMs: number): void {
    const isLong = untilMs - fromMs > DAYS_BEYOND_MS;
    const isShort = untilMs - fromMs <= MINUTES_WITHIN_MS;
    const labels = ticksOf(fromMs, untilMs, MOST_TICKS).map((atMs) => {
      const time = clock(atMs, atMs);
      const label = isLong ? new Date(atMs).toLocaleDateString('en-CA').slice(5) : time;
      const left = ((atMs - fromMs) / (untilMs - fromMs)) * 100;
      return { label: isLong || isShort ? label : label.slice(0, 5), left };
    });
    const day = clock(fromMs, nowMs).includes(' ') ? clock(fromMs, nowMs).slice(0, 10) : '';
    const shown = labels.filter(({ left }) => left > 3 && left < 97);
    const { element } = this;
    while (element.children.length > shown.length + 1) element.lastElementChild?.remove();
    while (element.children.length < shown.length + 1) element.append(html('span'));
    const [first, ...others] = element.children as unknown as HTMLElement[];
    if (first) {
      first.className = 'day';
      first.hidden = isLong || day === '';
      setText(first, day);
    }
    others.forEach((tick, i) => {
      setText(tick, shown[i]?.label ?? '');
      tick.style.left = `${shown[i]?.left ?? 0}%`;
    });
  }
}
