/** What the page shows, as its address says it. */
export type Route =
  | { readonly kind: 'overview' }
  | {
      readonly kind: 'stream';
      readonly name: string;
      readonly playback: Playback;
      readonly panel: PanelName;
    };

/** What the player shows: what is arriving, or what is stored from a time on. */
export type Playback =
  | { readonly kind: 'live' }
  /** Epoch ms by producer timestamps; undefined for the beginning. */
  | { readonly kind: 'recording'; readonly atMs: number | undefined };

export const PANELS = [
  'fragments',
  'acks',
  'connections',
  'details',
  'commands',
  'faults',
] as const;
export type PanelName = (typeof PANELS)[number];

/**
 * Reads the part of the address behind `#`: empty, `STREAM`, `STREAM?at=TIME`, each also with
 * `panel=NAME`. TIME is `start` or as in ISO 8601.
 */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const name = decoded(path);
  if (name === '') return { kind: 'overview' };
  const parameters = new URLSearchParams(query);
  const wanted = parameters.get('panel');
  const panel = PANELS.find((one) => one === wanted) ?? 'fragments';
  return { kind: 'stream', name, playback: parsePlayback(parameters.get('at')), panel };
}

/** The address of a route, from `#` on. */
export function formatRoute(route: Route): string {
  if (route.kind === 'overview') return '#';
  const parameters: string[] = [];
  const { playback, panel } = route;
  if (playback.kind === 'recording') {
    const { atMs } = playback;
    parameters.push(`at=${atMs === undefined ? 'start' : new Date(atMs).toISOString()}`);
  }
  if (panel !== 'fragments') parameters.push(`panel=${panel}`);
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `#${encodeURIComponent(route.name)}${query}`;
}

function parsePlayback(at: string | null): Playback {
  if (at === null) return { kind: 'live' };
  const atMs = Date.parse(at);
  return { kind: 'recording', atMs: Number.isNaN(atMs) ? undefined : atMs };
}

/** A name that is not percent-encoded is taken as it stands: no stream has it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
