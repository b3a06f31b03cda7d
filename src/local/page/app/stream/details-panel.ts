import type { StreamReport, TrackReport } from '../../../live/page-reports.ts';
import { html } from '../parts/dom.ts';
import { FactList } from '../parts/fact-list.ts';
import { dateTime, retention } from '../parts/page-format.ts';
import { trackTable } from './track-table.ts';

/** What the stream is: its tracks, its tags, its settings. */
export class DetailsPanel {
  readonly element: HTMLElement;
  readonly #tracks = trackTable<TrackReport>('Tracks', 'Nothing has been received yet.', []);
  readonly #tags = new FactList();
  readonly #noTags = html(
    'p',
    { class: 'none' },
    'The stream has no tags. TagStream, or kvs-launch streams, sets some.',
  );
  readonly #facts = new FactList();

  constructor() {
    this.element = html(
      'div',
      { class: 'details' },
      html('h3', {}, 'Tracks'),
      this.#tracks.element,
      html('h3', {}, 'Tags'),
      this.#tags.element,
      this.#noTags,
      html('h3', {}, 'Stream'),
      this.#facts.element,
    );
  }

  update(stream: StreamReport): void {
    this.#tracks.update(stream.tracks);
    const tags = Object.entries(stream.tags);
    this.#tags.update(tags);
    this.#tags.element.hidden = tags.length === 0;
    this.#noTags.hidden = tags.length > 0;
    const facts: [string, string][] = [
      ['Status', stream.status],
      ['Media type', stream.mediaType ?? 'not set'],
      ['Device', stream.deviceName ?? 'not set'],
      ['Retention', retention(stream.retentionHours)],
      ['Created', dateTime(stream.creationTimeMs)],
      ['Persisted in this run', stream.fragmentsPersisted.toLocaleString('en')],
      ['Errors in this run', stream.errors.toLocaleString('en')],
      ['ARN', stream.arn],
    ];
    this.#facts.update(facts);
  }
}
