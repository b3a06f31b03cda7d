import type { StreamEvent, StreamsEvent } from '../../../live/page-reports.ts';
import type { Store } from './store.ts';

/**
 * Listens to /api/events for as long as the page is open, and to one stream more closely. One
 * connection for all: of one host a browser keeps six, and players need some.
 */
export class ServiceEvents {
  readonly #store: Store;
  #source: EventSource | undefined;
  #stream: string | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Begins to listen, and to this stream more closely. */
  watch(stream: string | undefined): void {
    if (this.#source !== undefined && stream === this.#stream) return;
    this.#stream = stream;
    this.#source?.close();
    const query = stream === undefined ? '' : `?stream=${encodeURIComponent(stream)}`;
    const source = new EventSource(`/api/events${query}`);
    this.#source = source;
    source.addEventListener('open', () => this.#store.dispatch({ kind: 'link', link: 'open' }));
    source.addEventListener('error', () => this.#store.dispatch({ kind: 'link', link: 'lost' }));
    source.addEventListener('streams', ({ data }) => {
      this.#store.dispatch({ kind: 'streams', event: JSON.parse(data) as StreamsEvent });
    });
    source.addEventListener('stream', ({ data }) => {
      this.#store.dispatch({ kind: 'stream', event: JSON.parse(data) as StreamEvent });
    });
  }
}
