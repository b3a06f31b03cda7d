/** What an element is made with: attributes, and listeners by `on…`. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => void)>
>;

/** What an element may hold. */
export type Child = Node | string | undefined;

/** Makes an element of HTML. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** A drawing of lines, 24 units wide and high, that says nothing by itself. */
export function icon(...paths: readonly string[]): SVGSVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', 'aria-hidden': 'true', class: 'icon' },
    ...paths.map((d) => svg('path', { d })),
  );
}

/** Sets a text only where it changed: what is selected stays so, and readers are told once. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute, or takes it away for undefined, only where it changed. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Makes the children of an element those of a list, in its order. Elements of keys that stay are
 * kept, so that focus and hover stay where they are.
 */
export function setChildren<T, E extends HTMLElement>(
  parent: HTMLElement,
  list: readonly T[],
  known: Map<string, E>,
  key: (item: T) => string,
  make: (item: T) => E,
): void {
  const keys = new Set(list.map(key));
  for (const [name, element] of known) {
    if (keys.has(name)) continue;
    element.remove();
    known.delete(name);
  }
  list.forEach((item, i) => {
    const name = key(item);
    const element = known.get(name) ?? make(item);
    known.set(name, element);
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null);
  });
}

function filled<E extends Element>(
  element: E,
  attributes: Attributes,
  children: readonly Child[],
): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}
