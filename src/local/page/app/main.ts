import type { ServiceReport } from '../../live/page-reports.ts';
import { OverviewPage } from './overview/overview-page.ts';
import { html, icon, setAttribute, setText } from './parts/dom.ts';
import { themeButton } from './parts/theme-button.ts';
import { Stills } from './player/stills.ts';
import { initialState, nameOf, type PageState } from './state/page-state.ts';
import { RateHistory } from './state/rate-history.ts';
import { formatRoute, parseRoute, type Route } from './state/route.ts';
import { ServiceEvents } from './state/service-events.ts';
import { Store } from './state/store.ts';
import { StreamPage } from './stream/stream-page.ts';

const TICK_MS = 1000;

const store = new Store(initialState(parseRoute(location.hash), Date.now()));
const history = new RateHistory();
const stills = new Stills();
const overview = new OverviewPage(stills, history);
const stream = new StreamPage(navigate, stills, history);
const events = new ServiceEvents(store);
const main = html('main', { id: 'main', tabindex: -1 });
const link = html('p', { class: 'link-state', id: 'connection', role: 'status' });

document.body.append(
  html('a', { class: 'skip', href: '#main', onclick: skip }, 'Skip to the content'),
  html(
    'header',
    { class: 'top' },
    html(
      'a',
      { class: 'brand', href: '#' },
      icon('M5 4v16M10 5v14l11-7z'),
      html('span', {}, html('strong', {}, 'Kinesis Video Streams'), ' '),
      html('span', { class: 'soft where' }, 'on this machine'),
    ),
    link,
    themeButton(),
  ),
  main,
);

const LINKS: Readonly<Record<PageState['link'], string>> = {
  connecting: 'Connecting…',
  open: 'Connected',
  lost: 'The service is not there; trying again…',
};

store.subscribe(show);
window.addEventListener('hashchange', () => {
  store.dispatch({ kind: 'route', route: parseRoute(location.hash) });
});
window.setInterval(tick, TICK_MS);
show(store.state, undefined);
askService();

function show(state: PageState, before: PageState | undefined): void {
  const { route } = state;
  if (route.kind !== before?.route.kind) {
    if (before?.route.kind === 'stream') stream.close();
    main.replaceChildren(route.kind === 'stream' ? stream.element : overview.element);
    if (before !== undefined) {
      window.scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
  }
  events.watch(nameOf(route));
  document.title = titleOf(state);
  setAttribute(link, 'data-state', state.link);
  setText(link, LINKS[state.link]);
  if (state.link === 'open' && before?.link === 'lost') askService();
  if (route.kind === 'stream') stream.update(state);
  else overview.update(state);
}

function titleOf({ route, knowledge }: PageState): string {
  const place = 'Local Kinesis Video Streams';
  if (route.kind === 'stream') return `${route.name} – ${place}`;
  if (knowledge.kind === 'waiting') return place;
  const live = [...knowledge.streams.values()].filter(({ sessions }) => sessions > 0).length;
  return live === 0 ? place : `${live} live – ${place}`;
}

function navigate(route: Route, how: 'push' | 'replace'): void {
  const address = formatRoute(route);
  if (how === 'push') {
    window.history.pushState(null, '', address);
    store.dispatch({ kind: 'route', route });
  } else {
    window.history.replaceState(null, '', address);
  }
}

function tick(): void {
  const { knowledge } = store.state;
  if (knowledge.kind === 'known') history.remember(knowledge.streams);
  store.dispatch({ kind: 'tick', nowMs: Date.now() });
}

function askService(): void {
  fetch('/api/service')
    .then(async (answer) => {
      const service = (await answer.json()) as ServiceReport;
      store.dispatch({ kind: 'service', service });
    })
    .catch(() => {
      // The head of the page says that the service is not there; it is asked when it is back.
    });
}

/** The address is the stream's: a jump within the page must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  main.focus();
}
