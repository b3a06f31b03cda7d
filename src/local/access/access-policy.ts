/** Which names and which pages of other sites a service answers to. */
export type AccessPolicy = {
  /** Host names beside addresses and those of loopback, in lower case. */
  readonly names: ReadonlySet<string>;
  /** Origins of pages, as browsers send them; `*` for any. */
  readonly origins: ReadonlySet<string>;
};

/**
 * Reads an origin that is to be allowed: `https://example.com`, `http://localhost:3000`, `null` for
 * pages without one such as a file, or `*`.
 * @throws RangeError when a browser would never send it.
 */
export function parseOrigin(text: string): string {
  if (text === '*' || text === 'null') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && url.origin !== 'null' && url.href === `${url.origin}/`;
  if (isOrigin) return url.origin;
  throw new RangeError(`"${text}" is not an origin, such as http://localhost:3000`);
}
