import type { FragmentDetail, FragmentReport, TimelineReport } from '../../../live/page-reports.ts';
import { DataTable } from '../parts/data-table.ts';
import { html, setAttribute, setText } from '../parts/dom.ts';
import { FactList } from '../parts/fact-list.ts';
import { bytes, clockMs, count, duration, text } from '../parts/page-format.ts';
import { refusalOf } from '../player/media-events.ts';
import { shortNumber } from './acks-panel.ts';
import { trackTable } from './track-table.ts';

const SHOWN = 60;
/** A fragment older than this when it arrived was not sent live. */
const LIVE_WITHIN_MS = 60 * 60_000;

/** A fragment, and the time between it and the one before it. */
type Row = FragmentReport & { readonly gapMs: number };

/** The fragments of the timeline, the newest first, and what is in the one that was chosen. */
export class FragmentsPanel {
  readonly element: HTMLElement;
  readonly #seek: (atMs: number) => void;
  readonly #hint = html('p', { class: 'soft' });
  readonly #table: DataTable<Row>;
  readonly #dialog: HTMLDialogElement;
  readonly #title = html('h2', { id: 'fragment-title' });
  readonly #facts = new FactList();
  readonly #tags = new FactList();
  readonly #noTags = html('p', { class: 'none' }, 'The fragment has no tags.');
  readonly #problem = html('p', { class: 'none', role: 'status' });
  readonly #link = html('a', { class: 'text-button', download: true }, 'Download as .mkv');
  readonly #tracks = trackTable<FragmentDetail['tracks'][number]>('Tracks of the fragment', '', [
    { head: 'Frames', isNumber: true, text: ({ frames }) => String(frames) },
    { head: 'Key frames', isNumber: true, text: ({ keyFrames }) => String(keyFrames) },
    { head: 'Size', isNumber: true, text: (track) => text(bytes(track.bytes)) },
  ]);
  #stream = '';
  #chosen: FragmentReport | undefined;

  constructor(seek: (atMs: number) => void) {
    this.#seek = seek;
    this.#table = new DataTable<Row>(
      'Fragments, the newest first',
      [
        { head: 'Time', text: () => '' },
        { head: 'Duration', isNumber: true, text: (row) => text(duration(row.durationMs)) },
        { head: 'Size', isNumber: true, text: (row) => text(bytes(row.bytes)) },
        { head: 'Frames', text: framesOf },
        { head: 'Latency', isNumber: true, text: latencyOf },
        { head: 'Gap before', isNumber: true, text: gapOf },
        { head: 'Duplicates', isNumber: true, text: (row) => `${row.duplicates || ''}` },
        { head: 'Number', text: ({ number }) => shortNumber(number) },
      ],
      ({ number }) => number,
      'No fragments in this part of the timeline.',
      (element, row) => this.#decorate(element, row),
    );
    this.#dialog = html(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'fragment-title', id: 'fragment-dialog' },
      html(
        'div',
        { class: 'section-head' },
        this.#title,
        html(
          'button',
          { type: 'button', class: 'text-button', onclick: () => this.#dialog.close() },
          'Close',
        ),
      ),
      this.#problem,
      this.#facts.element,
      html('h3', {}, 'Tracks'),
      this.#tracks.element,
      html('h3', {}, 'Tags'),
      this.#tags.element,
      this.#noTags,
      html(
        'p',
        { class: 'panel-tools' },
        html(
          'button',
          { type: 'button', class: 'text-button', onclick: () => this.#play() },
          'Play from here',
        ),
        this.#link,
      ),
    );
    this.element = html('div', {}, this.#hint, this.#table.element, this.#dialog);
  }

  /** What was chosen is not looked at any more. */
  close(): void {
    this.#dialog.close();
  }

  update(stream: string, report: TimelineReport | undefined): void {
    if (stream !== this.#stream) this.close();
    this.#stream = stream;
    const isBinned = report?.parts.kind === 'bins';
    this.#hint.hidden = !isBinned;
    if (isBinned) {
      setText(
        this.#hint,
        `${count(report.fragments, 'fragment')} are too many to list: choose a shorter span in the timeline.`,
      );
    }
    this.#table.element.hidden = isBinned;
    const list = report?.parts.kind === 'fragments' ? report.parts.list : [];
    this.#table.update(rowsOf(list).slice(-SHOWN).reverse());
  }

  #decorate(element: HTMLElement, row: Row): void {
    const [cell] = element.children;
    if (cell?.childElementCount === 0) {
      const label = `Fragment of ${clockMs(row.startMs)}: what is in it`;
      cell.append(
        html(
          'button',
          { type: 'button', class: 'link', 'aria-label': label, onclick: () => this.#open(row) },
          clockMs(row.startMs),
        ),
      );
    }
    setAttribute(element, 'data-gap', String(row.gapMs > 0));
  }

  async #open(row: FragmentReport): Promise<void> {
    this.#chosen = row;
    const { number, arrivedMs, startMs, bytes: size, durationMs } = row;
    setText(this.#title, `Fragment of ${clockMs(startMs)}`);
    setText(this.#problem, '');
    const query = `stream=${encodeURIComponent(this.#stream)}&number=${number}`;
    this.#link.href = `/api/fragment.mkv?${query}`;
    this.#facts.update([
      ['Number', number],
      ['Producer timestamp', new Date(startMs).toISOString()],
      ['Server timestamp', new Date(arrivedMs).toISOString()],
      ['Duration', text(duration(durationMs))],
      ['Size', text(bytes(size))],
      ['Duplicates', String(row.duplicates)],
      ['Connection', row.session.slice(0, 8)],
    ]);
    this.#tracks.update([]);
    this.#tags.update([]);
    this.#noTags.hidden = true;
    this.#dialog.showModal();
    const answer = await fetch(`/api/fragment?${query}`).catch(() => undefined);
    if (answer === undefined || !answer.ok) {
      const why = answer === undefined ? 'The service does not answer.' : await refusalOf(answer);
      setText(this.#problem, why);
      return;
    }
    const { tracks, tags } = (await answer.json()) as FragmentDetail;
    if (this.#chosen !== row) return;
    this.#tracks.update(tracks);
    this.#tags.update(tags.map(({ name, value }) => [name, value]));
    this.#noTags.hidden = tags.length > 0;
  }

  #play(): void {
    this.#dialog.close();
    if (this.#chosen !== undefined) this.#seek(this.#chosen.startMs);
  }
}

function rowsOf(list: readonly FragmentReport[]): Row[] {
  let endMs: number | undefined;
  return list.map((fragment) => {
    const gapMs = endMs === undefined ? 0 : fragment.startMs - endMs;
    endMs = Math.max(endMs ?? 0, fragment.startMs + fragment.durationMs);
    return { ...fragment, gapMs: gapMs > 250 ? gapMs : 0 };
  });
}

function framesOf({ frames }: FragmentReport): string {
  return frames
    .map(
      ({ type, frames: number }) =>
        `${number} ${type === 1 ? 'video' : type === 2 ? 'audio' : 'other'}`,
    )
    .join(', ');
}

function latencyOf({ startMs, arrivedMs }: FragmentReport): string {
  const age = arrivedMs - startMs;
  return Math.abs(age) < LIVE_WITHIN_MS ? text(duration(Math.max(0, age))) : 'not live';
}

function gapOf({ gapMs }: Row): string {
  return gapMs === 0 ? '' : text(duration(gapMs));
}
