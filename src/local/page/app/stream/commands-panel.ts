import type { ServiceReport } from '../../../live/page-reports.ts';
import { commandSnippets, type Snippet } from '../parts/command-snippets.ts';
import { codeBlock } from '../parts/copy-button.ts';
import { html } from '../parts/dom.ts';

/** What to type, each with a button that copies it. */
export class CommandsPanel {
  readonly element = html('div', { class: 'commands' });
  readonly #blocks = new Map<string, ReturnType<typeof codeBlock>>();

  /** @param groups of commands that there is a use for. */
  constructor(groups: readonly Snippet['group'][] = ['Set up', 'Send', 'Read']) {
    let group = '';
    for (const snippet of commandSnippets(location.origin, '', undefined)) {
      if (!groups.includes(snippet.group)) continue;
      if (snippet.group !== group) {
        group = snippet.group;
        this.element.append(html('h3', {}, group));
      }
      const block = codeBlock(`${snippet.group}: ${snippet.label}`, snippet.text);
      block.element.dataset['command'] = snippet.id;
      this.#blocks.set(snippet.id, block);
      this.element.append(
        html('div', { class: 'command' }, html('h4', {}, snippet.label), block.element),
      );
    }
  }

  update(stream: string, service: ServiceReport | undefined): void {
    for (const { id, text } of commandSnippets(location.origin, stream, service)) {
      this.#blocks.get(id)?.set(text);
    }
  }
}
