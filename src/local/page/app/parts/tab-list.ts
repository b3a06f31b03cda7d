import { html, setAttribute } from './dom.ts';

/** A panel and the name on its tab. */
export type Tab<Id extends string> = {
  readonly id: Id;
  readonly label: string;
  readonly content: HTMLElement;
};

/** Tabs as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/: arrows move among them. */
export class TabList<Id extends string> {
  readonly element: HTMLElement;
  readonly #tabs: readonly Tab<Id>[];
  readonly #buttons: readonly HTMLButtonElement[];
  readonly #panels: readonly HTMLElement[];
  readonly #choose: (id: Id) => void;

  constructor(label: string, tabs: readonly Tab<Id>[], choose: (id: Id) => void) {
    this.#tabs = tabs;
    this.#choose = choose;
    this.#buttons = tabs.map(({ id, label: name }) =>
      html(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${id}`,
          'aria-controls': `panel-${id}`,
          onclick: () => choose(id),
        },
        name,
      ),
    );
    this.#panels = tabs.map(({ id, content }) =>
      html(
        'div',
        { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}`, tabindex: 0 },
        content,
      ),
    );
    this.element = html(
      'section',
      { class: 'tabs' },
      html(
        'div',
        {
          class: 'tab-list',
          role: 'tablist',
          'aria-label': label,
          onkeydown: (event) => this.#onKey(event as KeyboardEvent),
        },
        ...this.#buttons,
      ),
      ...this.#panels,
    );
  }

  update(chosen: Id): void {
    this.#tabs.forEach(({ id }, i) => {
      const [button, panel] = [this.#buttons[i], this.#panels[i]];
      if (button === undefined || panel === undefined) return;
      setAttribute(button, 'aria-selected', String(id === chosen));
      setAttribute(button, 'tabindex', id === chosen ? '0' : '-1');
      panel.hidden = id !== chosen;
    });
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#buttons.findIndex((button) => button.matches(':focus'));
    const last = this.#tabs.length - 1;
    const places: Readonly<Record<string, number>> = {
      ArrowLeft: at <= 0 ? last : at - 1,
      ArrowRight: at >= last ? 0 : at + 1,
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    const tab = place === undefined ? undefined : this.#tabs[place];
    if (tab === undefined || place === undefined) return;
    event.preventDefault();
    this.#choose(tab.id);
    this.#buttons[place]?.focus();
  }
}
