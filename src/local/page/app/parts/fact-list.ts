import { html, setText } from './dom.ts';

/** Names and what they stand for, as a definition list. */
export class FactList {
  readonly element = html('dl', { class: 'facts' });
  #shown = '';

  update(facts: readonly (readonly [name: string, value: string])[]): void {
    const shown = JSON.stringify(facts);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.replaceChildren(
      ...facts.map(([name, value]) => {
        const description = html('dd');
        setText(description, value);
        return html('div', {}, html('dt', {}, name), description);
      }),
    );
  }
}
