import type { FaultReport, FaultsReport } from '../../../faults/fault-reports.ts';
import { html, setAttribute, setChildren, setText } from '../parts/dom.ts';
import { count } from '../parts/page-format.ts';
import { refusalOf } from '../player/media-events.ts';
import { faultForm } from './fault-form.ts';

/** Faults on demand: a button for each kind, and those that were injected. */
export class FaultsPanel {
  readonly element: HTMLElement;
  readonly #problem = html('p', { class: 'problem', role: 'status' });
  readonly #kinds = html('div', { class: 'kinds', role: 'group', 'aria-label': 'Kinds of faults' });
  readonly #form = html('div');
  readonly #list = html('ul', { class: 'fault-list' });
  readonly #none = html('p', { class: 'none' }, 'No faults: the service does what KVS does.');
  readonly #clear: HTMLButtonElement;
  readonly #items = new Map<string, HTMLElement>();
  #stream = '';
  #isLoading = false;
  #chosen = '';

  constructor() {
    this.#clear = html(
      'button',
      { type: 'button', class: 'text-button', onclick: () => this.#send('DELETE', '') },
      'Remove all',
    );
    this.element = html(
      'div',
      { class: 'faults' },
      html(
        'p',
        { class: 'soft' },
        'Makes the service do wrong on demand, to see what producers and players make of it.',
      ),
      this.#kinds,
      this.#form,
      this.#problem,
      html('div', { class: 'section-head' }, html('h3', {}, 'Injected'), this.#clear),
      this.#list,
      this.#none,
    );
  }

  /** Called every second while it is shown: faults come from other places, too, and end. */
  update(stream: string): void {
    if (stream !== this.#stream) this.#choose('', undefined);
    this.#stream = stream;
    this.#load().catch(() => {
      // The service is away; the head of the page says so.
    });
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      const answer = await fetch('/api/faults');
      if (!answer.ok) {
        setText(this.#problem, await refusalOf(answer));
        return;
      }
      this.#show((await answer.json()) as FaultsReport);
    } finally {
      this.#isLoading = false;
    }
  }

  #show({ faults, kinds }: FaultsReport): void {
    if (this.#kinds.childElementCount === 0) {
      this.#kinds.append(
        ...kinds.map((kind) =>
          html(
            'button',
            {
              type: 'button',
              class: 'text-button',
              title: kind.text,
              'data-kind': kind.kind,
              'aria-expanded': 'false',
              onclick: () => {
                const inject = (fault: unknown) => this.#send('POST', '', fault);
                const isOpen = this.#chosen === kind.kind;
                const form = isOpen ? undefined : faultForm(kind, this.#stream, inject);
                this.#choose(isOpen ? '' : kind.kind, form);
              },
            },
            kind.kind,
          ),
        ),
      );
    }
    this.#none.hidden = faults.length > 0;
    this.#clear.hidden = faults.length === 0;
    setChildren(
      this.#list,
      faults,
      this.#items,
      ({ id }) => id,
      ({ id, kind }) => {
        const remove = html(
          'button',
          {
            type: 'button',
            class: 'text-button',
            'aria-label': `Remove fault ${id}, ${kind}`,
            onclick: () => this.#send('DELETE', `/${encodeURIComponent(id)}`),
          },
          'Remove',
        );
        return html('li', {}, html('span'), remove);
      },
    );
    for (const fault of faults) {
      const item = this.#items.get(fault.id);
      const [words, remove] = item?.children ?? [];
      if (item === undefined || words === undefined) continue;
      setAttribute(item, 'data-state', fault.state);
      setText(words, wordsFor(fault));
      if (remove instanceof HTMLElement) remove.hidden = fault.state === 'over';
    }
  }

  #choose(kind: string, form: HTMLFormElement | undefined): void {
    this.#chosen = kind;
    for (const button of this.#kinds.children) {
      const isOpen = button.getAttribute('data-kind') === kind;
      setAttribute(button, 'aria-expanded', String(isOpen));
    }
    this.#form.replaceChildren(...(form === undefined ? [] : [form]));
    form?.querySelector<HTMLElement>('input, select, button')?.focus();
  }

  async #send(method: string, path: string, body?: unknown): Promise<void> {
    setText(this.#problem, '');
    const answer = await fetch(`/api/faults${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }).catch(() => undefined);
    if (answer === undefined) setText(this.#problem, 'The service does not answer.');
    else if (!answer.ok) setText(this.#problem, await refusalOf(answer));
    else if (method === 'POST') this.#choose('', undefined);
    await this.#load();
  }
}

function wordsFor({ id, kind, state, strikes, ...fields }: FaultReport): string {
  const settings = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return [`${kind}`, ...settings, state, count(strikes, 'strike')].join(' · ');
}
