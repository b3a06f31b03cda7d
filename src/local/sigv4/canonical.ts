/** The parts of a request that a signature covers. */
export type SignedRequest = {
  readonly method: string;
  /** Path and query as they stood in the request line. */
  readonly target: string;
  /** Names and values alternating, as node's `rawHeaders` has them. */
  readonly rawHeaders: readonly string[];
};

/**
 * AWS Signature Version 4, "canonical request" (AWS General Reference). Headers are taken exactly
 * as the client names them in SignedHeaders, hop-by-hop ones and Host without port included:
 * clients differ widely in what they sign.
 * @param collapseSpaces AWS collapses runs of spaces in values; Amazon's C producer does not.
 */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  collapseSpaces: boolean,
): string {
  const { path, query } = splitTarget(request.target);
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase();
    const value = (request.rawHeaders[i + 1] ?? '').trim();
    const list = values.get(name);
    const tidy = collapseSpaces ? value.replace(/ +/g, ' ') : value;
    if (list) list.push(tidy);
    else values.set(name, [tidy]);
  }
  const headerLines = signedHeaders.map(
    (name) => `${name}:${(values.get(name) ?? []).join(',')}\n`,
  );
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    headerLines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** Path and query of a request line's target, without the question mark. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?');
  return at < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** Each segment percent-encoded once more, as every service but S3 does; dot segments resolved. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(encode(segment));
  }
  const trailing = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${trailing}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = at < 0 ? pair : pair.slice(0, at);
      const value = at < 0 ? '' : pair.slice(at + 1);
      return [encode(decode(name)), encode(decode(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** RFC 3986: everything but the unreserved characters. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
