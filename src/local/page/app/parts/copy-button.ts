import { html, setText } from './dom.ts';

const SAID_MS = 1500;

/** A button that copies a text, and says so. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = html(
    'button',
    { type: 'button', class: 'text-button copy', 'aria-label': label, onclick: () => copy() },
    'Copy',
  );
  const copy = async (): Promise<void> => {
    const said = await navigator.clipboard.writeText(text()).then(
      () => 'Copied',
      () => 'Not allowed',
    );
    setText(button, said);
    button.setAttribute('aria-label', `${said}: ${label}`);
    setTimeout(() => {
      setText(button, 'Copy');
      button.setAttribute('aria-label', label);
    }, SAID_MS);
  };
  return button;
}

/** A block of code with its button. Can be scrolled by keyboard. */
export function codeBlock(
  label: string,
  text: string,
): { readonly element: HTMLElement; set(text: string): void } {
  const code = html('code', {}, text);
  const element = html(
    'div',
    { class: 'code' },
    html('pre', { tabindex: 0, role: 'group', 'aria-label': label }, code),
    copyButton(`Copy ${label}`, () => code.textContent ?? ''),
  );
  return { element, set: (changed) => setText(code, changed) };
}
