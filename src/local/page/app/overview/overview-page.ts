import type { StreamReport } from '../../../live/page-reports.ts';
import { html, setChildren, setText } from '../parts/dom.ts';
import { bitRate, bytes, count, text } from '../parts/page-format.ts';
import type { Stills } from '../player/stills.ts';
import type { PageState } from '../state/page-state.ts';
import type { RateHistory } from '../state/rate-history.ts';
import { streamHealth } from '../state/stream-health.ts';
import { CommandsPanel } from '../stream/commands-panel.ts';
import { StreamCard } from './stream-card.ts';

/** Streams from which on it helps to look for one by its name. */
const FILTER_FROM = 7;

/** All streams at a glance. */
export class OverviewPage {
  readonly element: HTMLElement;
  readonly #stills: Stills;
  readonly #history: RateHistory;
  readonly #title = html('h1', {}, 'Streams');
  readonly #summary = html('p', { class: 'summary', role: 'status' });
  readonly #filter = html('input', {
    type: 'search',
    id: 'filter',
    placeholder: 'Find a stream',
    'aria-label': 'Find a stream by its name',
    oninput: () => this.#show(),
  });
  readonly #list = html('ul', { class: 'cards', id: 'stream-list' });
  readonly #none = html('p', { class: 'soft', hidden: true });
  readonly #empty: HTMLElement;
  readonly #commands = new CommandsPanel(['Set up', 'Send']);
  readonly #cards = new Map<string, StreamCard>();
  readonly #items = new Map<string, HTMLElement>();
  readonly #seen: IntersectionObserver;
  #state: PageState | undefined;

  constructor(stills: Stills, history: RateHistory) {
    this.#stills = stills;
    this.#history = history;
    this.#empty = html(
      'section',
      { class: 'empty', id: 'empty', hidden: true, 'aria-labelledby': 'empty-title' },
      html('h2', { id: 'empty-title' }, 'Send the first stream'),
      html(
        'p',
        {},
        'Nothing has been sent to this service yet. Run the first block in a shell, then one of ' +
          'the others: the stream is created by its producer, and appears here by itself.',
      ),
      this.#commands.element,
    );
    this.element = html(
      'div',
      { class: 'overview' },
      html(
        'div',
        { class: 'title-row' },
        html('div', {}, this.#title, this.#summary),
        this.#filter,
      ),
      this.#list,
      this.#none,
      this.#empty,
    );
    this.#seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const card = this.#cards.get((target as HTMLElement).dataset['name'] ?? '');
          if (card) card.isVisible = isIntersecting;
        }
      },
      { rootMargin: '100px' },
    );
  }

  update(state: PageState): void {
    this.#state = state;
    this.#show();
  }

  #show(): void {
    const state = this.#state;
    if (state === undefined) return;
    const { knowledge, nowMs, service } = state;
    if (knowledge.kind === 'waiting') {
      setText(this.#summary, 'Asking the service…');
      return;
    }
    const all = [...knowledge.streams.values()];
    this.#empty.hidden = all.length > 0;
    this.#filter.hidden = all.length < FILTER_FROM;
    if (all.length === 0) this.#commands.update('demo', service);
    setText(this.#summary, summaryOf(all, nowMs));
    const wanted = this.#filter.hidden ? '' : this.#filter.value.trim().toLowerCase();
    const shown = all.filter(({ name }) => name.toLowerCase().includes(wanted)).sort(liveFirst);
    this.#none.hidden = shown.length > 0 || all.length === 0;
    setText(this.#none, `No stream's name has “${this.#filter.value}” in it.`);
    setChildren(
      this.#list,
      shown,
      this.#items,
      ({ name }) => name,
      ({ name }) => this.#newCard(name),
    );
    for (const [name, card] of this.#cards) {
      if (this.#items.has(name)) continue;
      this.#seen.unobserve(card.element);
      card.close();
      this.#cards.delete(name);
    }
    for (const stream of shown) {
      this.#cards.get(stream.name)?.update(stream, this.#history.of(stream.name), nowMs);
    }
  }

  #newCard(name: string): HTMLElement {
    const card = new StreamCard(name, this.#stills);
    this.#cards.set(name, card);
    card.element.dataset['name'] = name;
    this.#seen.observe(card.element);
    return card.element;
  }
}

function liveFirst(a: StreamReport, b: StreamReport): number {
  const isLive = Number(b.sessions > 0) - Number(a.sessions > 0);
  return isLive !== 0 ? isLive : a.name < b.name ? -1 : 1;
}

function summaryOf(streams: readonly StreamReport[], nowMs: number): string {
  if (streams.length === 0) return 'There are none yet.';
  const live = streams.filter(({ sessions }) => sessions > 0);
  const sum = (value: (stream: StreamReport) => number): number =>
    streams.reduce((total, stream) => total + value(stream), 0);
  const parts = [count(streams.length, 'stream'), `${live.length} live`];
  if (live.length > 0) parts.push(text(bitRate(sum(({ bitsPerSecond }) => bitsPerSecond))));
  parts.push(`${text(bytes(sum(({ bytesStored }) => bytesStored)))} stored`);
  const troubled = streams.filter((stream) => /warn|bad/.test(streamHealth(stream, nowMs).level));
  if (troubled.length > 0) parts.push(`${troubled.length} with a problem`);
  return parts.join(' · ');
}
