import type { StreamReport } from '../../../live/page-reports.ts';
import { trackTitle } from '../parts/codec-names.ts';
import { html, setAttribute, setText } from '../parts/dom.ts';
import { clock } from '../parts/page-format.ts';
import { TabList } from '../parts/tab-list.ts';
import { PlayerView } from '../player/player-view.ts';
import type { Stills } from '../player/stills.ts';
import type { PageState } from '../state/page-state.ts';
import type { RateHistory } from '../state/rate-history.ts';
import type { PanelName, Playback, Route } from '../state/route.ts';
import { streamHealth } from '../state/stream-health.ts';
import { TimelineView } from '../timeline/timeline-view.ts';
import { AcksPanel } from './acks-panel.ts';
import { CommandsPanel } from './commands-panel.ts';
import { ConnectionsPanel } from './connections-panel.ts';
import { DetailsPanel } from './details-panel.ts';
import { FaultsPanel } from './faults-panel.ts';
import { FigureTiles } from './figure-tiles.ts';
import { FragmentsPanel } from './fragments-panel.ts';

type StreamRoute = Extract<Route, { kind: 'stream' }>;

/** How the address is changed: a new entry of the browser's history, or this one's. */
export type Navigate = (route: Route, how: 'push' | 'replace') => void;

/** How often the address follows the picture, in seconds of ticks. */
const FOLLOW_EVERY = 5;

/** One stream: its picture, live and back in time, and everything that is known of it. */
export class StreamPage {
  readonly element: HTMLElement;
  readonly #navigate: Navigate;
  readonly #history: RateHistory;
  readonly #name = html('h1', { id: 'stream-name', tabindex: -1 });
  readonly #badge = html('span', { class: 'badge', id: 'badge' });
  readonly #tracks = html('span', { class: 'soft', id: 'tracks' });
  readonly #health = html('span', { class: 'health', id: 'health', role: 'status' });
  readonly #live = html(
    'button',
    { type: 'button', id: 'mode-live', onclick: () => this.#play({ kind: 'live' }) },
    'Live',
  );
  readonly #recording = html(
    'button',
    { type: 'button', id: 'mode-recording', onclick: () => this.#playRecording() },
    'Recording',
  );
  readonly #player: PlayerView;
  readonly #timeline: TimelineView;
  readonly #tiles = new FigureTiles();
  readonly #fragments = new FragmentsPanel((atMs) => this.#seek(atMs));
  readonly #acks = new AcksPanel();
  readonly #connections = new ConnectionsPanel();
  readonly #details = new DetailsPanel();
  readonly #commands = new CommandsPanel();
  readonly #faults = new FaultsPanel();
  readonly #tabs: TabList<PanelName>;
  readonly #missing: HTMLElement;
  readonly #missingTitle = html('h1', { id: 'missing-title' });
  readonly #missingCommands = new CommandsPanel(['Set up', 'Send']);
  readonly #stage: HTMLElement;
  #state: PageState | undefined;
  #ticks = 0;
  #shownMs = 0;

  constructor(navigate: Navigate, stills: Stills, history: RateHistory) {
    this.#navigate = navigate;
    this.#history = history;
    const seek = (atMs: number): void => this.#seek(atMs);
    const live = (): void => this.#play({ kind: 'live' });
    this.#player = new PlayerView({ seek, live });
    this.#timeline = new TimelineView(seek, live, stills);
    this.#tabs = new TabList<PanelName>(
      'More about the stream',
      [
        { id: 'fragments', label: 'Fragments', content: this.#fragments.element },
        { id: 'acks', label: 'Acks', content: this.#acks.element },
        { id: 'connections', label: 'Connections', content: this.#connections.element },
        { id: 'details', label: 'Details', content: this.#details.element },
        { id: 'commands', label: 'Commands', content: this.#commands.element },
        { id: 'faults', label: 'Faults', content: this.#faults.element },
      ],
      (panel) => this.#change({ panel }),
    );
    const modes = html(
      'div',
      { class: 'modes', role: 'group', 'aria-label': 'What to watch' },
      this.#live,
      this.#recording,
    );
    this.#stage = html(
      'div',
      { id: 'stage' },
      html(
        'div',
        { class: 'title-row' },
        this.#name,
        this.#badge,
        this.#health,
        this.#tracks,
        modes,
      ),
      html(
        'div',
        { class: 'stage' },
        html('div', { class: 'watch' }, this.#player.element),
        html('div', { class: 'aside' }, this.#tiles.element),
        this.#timeline.element,
      ),
      this.#tabs.element,
    );
    this.#missing = html(
      'section',
      { class: 'empty', id: 'missing', 'aria-labelledby': 'missing-title' },
      this.#missingTitle,
      html(
        'p',
        {},
        'There is no stream of this name. It appears here by itself when a producer creates it.',
      ),
      html('h2', {}, 'Run the first block in a shell, then one that sends'),
      this.#missingCommands.element,
    );
    this.element = html(
      'div',
      { class: 'stream-view' },
      html(
        'nav',
        { class: 'crumbs', 'aria-label': 'Where you are' },
        html('a', { href: '#', id: 'all-streams' }, '← All streams'),
      ),
      this.#missing,
      this.#stage,
    );
  }

  /** Shows the state of the stream in its route; called every second besides. */
  update(state: PageState): void {
    const { route, knowledge } = state;
    if (route.kind !== 'stream') return;
    this.#state = state;
    if (knowledge.kind === 'waiting') {
      this.#missing.hidden = true;
      this.#stage.hidden = true;
      return;
    }
    const stream = knowledge.streams.get(route.name);
    this.#missing.hidden = stream !== undefined;
    this.#stage.hidden = stream === undefined;
    if (stream === undefined) {
      this.#player.close();
      setText(this.#missingTitle, `Waiting for the stream ${route.name}`);
      this.#missingCommands.update(route.name, state.service);
      return;
    }
    this.#show(state, route, stream);
  }

  close(): void {
    this.#player.close();
    this.#fragments.close();
  }

  #show(state: PageState, route: StreamRoute, stream: StreamReport): void {
    const { nowMs, activity, service } = state;
    const isTick = nowMs !== this.#shownMs;
    this.#shownMs = nowMs;
    const isLive = stream.sessions > 0;
    setText(this.#name, stream.name);
    setText(this.#badge, isLive ? 'Live' : 'Idle');
    setAttribute(this.#badge, 'data-state', isLive ? 'live' : 'idle');
    const health = streamHealth(stream, nowMs);
    setText(this.#health, health.text);
    setAttribute(this.#health, 'data-level', health.level);
    setText(this.#tracks, stream.tracks.map(trackTitle).join(', '));
    const { playback } = route;
    setAttribute(this.#live, 'aria-pressed', String(playback.kind === 'live'));
    setAttribute(this.#recording, 'aria-pressed', String(playback.kind === 'recording'));
    this.#player.show(stream.name, playback, isLive ? undefined : idleText(stream));
    const { positionMs } = this.#player;
    const { oldestMs, newestMs } = this.#timeline.report ?? {};
    this.#player.tick(newestMs, this.#playerText(playback, nowMs));
    this.#timeline.update({
      stream: stream.name,
      nowMs,
      positionMs: playback.kind === 'live' ? undefined : (positionMs ?? playback.atMs ?? oldestMs),
      revision: `${stream.fragmentsPersisted} ${stream.fragmentsStored}`,
    });
    this.#tiles.update(stream, this.#history.of(stream.name));
    this.#tabs.update(route.panel);
    if (route.panel !== 'fragments') this.#fragments.close();
    switch (route.panel) {
      case 'fragments':
        this.#fragments.update(stream.name, this.#timeline.report);
        break;
      case 'acks':
        this.#acks.update(activity.acks);
        break;
      case 'connections':
        this.#connections.update([...activity.connections.values()], stream.readers, nowMs);
        break;
      case 'details':
        this.#details.update(stream);
        break;
      case 'commands':
        this.#commands.update(stream.name, service);
        break;
      case 'faults':
        if (isTick) this.#faults.update(stream.name);
    }
    if (isTick) this.#follow(route, positionMs);
  }

  /** The address holds the time of the picture, so that it can be given to somebody. */
  #follow(route: StreamRoute, positionMs: number | undefined): void {
    this.#ticks += 1;
    if (this.#ticks % FOLLOW_EVERY !== 0 || positionMs === undefined) return;
    if (route.playback.kind !== 'recording') return;
    const playback: Playback = { kind: 'recording', atMs: Math.round(positionMs) };
    this.#navigate({ ...route, playback }, 'replace');
  }

  #playerText(playback: Playback, nowMs: number): string {
    if (playback.kind === 'recording') {
      const { positionMs } = this.#player;
      return positionMs === undefined ? '' : clock(positionMs, nowMs);
    }
    const behind = this.#player.behindSeconds;
    return behind === undefined ? '' : `Live · ${behind.toFixed(1)} s behind arrival`;
  }

  #playRecording(): void {
    if (this.#state?.route.kind !== 'stream') return;
    if (this.#state.route.playback.kind === 'recording') return;
    this.#play({ kind: 'recording', atMs: undefined });
  }

  #seek(atMs: number): void {
    const { newestMs, oldestMs } = this.#timeline.report ?? {};
    const isLive =
      this.#state?.knowledge.kind === 'known' && this.#badge.dataset['state'] === 'live';
    if (isLive && newestMs !== undefined && atMs >= newestMs) this.#play({ kind: 'live' });
    else this.#play({ kind: 'recording', atMs: Math.max(Math.round(atMs), oldestMs ?? 0) });
  }

  #play(playback: Playback): void {
    this.#change({ playback });
  }

  #change(part: Partial<Pick<StreamRoute, 'playback' | 'panel'>>): void {
    const route = this.#state?.route;
    if (route?.kind === 'stream') this.#navigate({ ...route, ...part }, 'push');
  }
}

function idleText({ fragmentsStored }: StreamReport): string {
  return fragmentsStored > 0
    ? 'Nothing is being sent right now.\nChoose a time below, or “Recording”, to watch what is stored.'
    : 'Nothing is being sent right now.\n“Commands” has what to type.';
}
