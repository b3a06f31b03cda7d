import { html, icon } from './dom.ts';

const KEY = 'theme';

/** Switches between light and dark, and remembers it; before that, the system's choice holds. */
export function themeButton(): HTMLButtonElement {
  const root = document.documentElement;
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'light' || chosen === 'dark') root.dataset['theme'] = chosen;
  return html(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      id: 'theme',
      'aria-label': 'Switch between light and dark',
      title: 'Light or dark',
      onclick: () => {
        const isDark = getComputedStyle(root).colorScheme === 'dark';
        root.dataset['theme'] = isDark ? 'light' : 'dark';
        localStorage.setItem(KEY, root.dataset['theme']);
      },
    },
    icon('M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z'),
  );
}
