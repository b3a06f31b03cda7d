import { html, icon, setAttribute, setText } from '../parts/dom.ts';
import type { Playback } from '../state/route.ts';
import { LivePlayer } from './live-player.ts';
import { RecordingPlayer } from './recording-player.ts';

/** What can be asked for with the buttons of a player. */
export type PlayerRequests = {
  /** To the newest frame. */
  live(): void;
  /** To a time, epoch ms. */
  seek(atMs: number): void;
};

/** What plays. */
type Playing =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'live'; readonly stream: string; readonly player: LivePlayer }
  | { readonly kind: 'recording'; readonly stream: string; readonly player: RecordingPlayer };

const STEP_MS = 10_000;

/** The picture and its buttons, which all can be reached by keyboard. */
export class PlayerView {
  readonly element: HTMLElement;
  readonly #video = html('video', { muted: true, playsinline: true, tabindex: -1 });
  readonly #notice = html('p', { class: 'notice', role: 'status', id: 'notice' });
  readonly #state = html('span', { class: 'on-screen', id: 'on-screen' });
  readonly #pause: HTMLButtonElement;
  readonly #mute: HTMLButtonElement;
  readonly #live: HTMLButtonElement;
  readonly #requests: PlayerRequests;
  #playing: Playing = { kind: 'nothing' };
  /** The time that was last asked for: asked again, it is not sought again. */
  #sought: Playback | undefined;

  constructor(requests: PlayerRequests) {
    this.#requests = requests;
    this.#video.muted = true;
    this.#pause = button('pause', 'Pause', [PAUSE, PLAY], () => this.#togglePause());
    this.#mute = button('mute', 'Sound on', [MUTED, SOUND], () => this.#toggleMute());
    this.#live = html(
      'button',
      { type: 'button', class: 'go-live', id: 'go-live', onclick: () => requests.live() },
      'Go live',
    );
    const screen = html('div', { class: 'screen' }, this.#video, this.#notice);
    const bar = html(
      'div',
      { class: 'bar', role: 'group', 'aria-label': 'Player' },
      this.#pause,
      button('back', 'Back 10 seconds', [BACK], () => this.#step(-STEP_MS)),
      button('forward', 'Forward 10 seconds', [FORWARD], () => this.#step(STEP_MS)),
      this.#state,
      this.#live,
      this.#mute,
      button('fullscreen', 'Full screen', [FULL], () => this.#fullScreen()),
    );
    this.element = html('div', { class: 'player', id: 'screen' }, screen, bar);
  }

  get video(): HTMLVideoElement {
    return this.#video;
  }

  /** Time of the picture by the producer's clock, epoch ms; undefined for live or no picture. */
  get positionMs(): number | undefined {
    return this.#playing.kind === 'recording' ? this.#playing.player.positionMs : undefined;
  }

  /** Seconds that a live picture is behind the newest frame. */
  get behindSeconds(): number | undefined {
    if (this.#playing.kind !== 'live' || this.#notice.textContent !== '') return undefined;
    return this.#playing.player.behindSeconds;
  }

  /**
   * Plays this, if it does not already.
   * @param idle what to say in place of a picture when nothing is arriving; undefined when it is.
   */
  show(stream: string, playback: Playback, idle: string | undefined): void {
    if (playback.kind === 'live') this.#showLive(stream, idle);
    else this.#showRecording(stream, playback);
  }

  /** Called every second, with the end of what is stored. */
  tick(newestMs: number | undefined, state: string): void {
    if (this.#playing.kind === 'recording') this.#playing.player.check(newestMs);
    setText(this.#state, state);
  }

  close(): void {
    if (this.#playing.kind !== 'nothing') this.#playing.player.close();
    this.#playing = { kind: 'nothing' };
    this.#sought = undefined;
  }

  #showLive(stream: string, idle: string | undefined): void {
    this.#sought = undefined;
    if (idle !== undefined) {
      this.close();
      this.#say(idle);
    } else if (this.#playing.kind !== 'live' || this.#playing.stream !== stream) {
      this.close();
      const player = new LivePlayer(this.#video, { notice: (text) => this.#say(text) });
      this.#playing = { kind: 'live', stream, player };
      player.play(stream);
    }
    this.#showButtons();
  }

  #showRecording(stream: string, playback: Playback & { kind: 'recording' }): void {
    if (this.#sought === playback) return;
    if (this.#playing.kind !== 'recording' || this.#playing.stream !== stream) {
      this.close();
      const player = new RecordingPlayer(
        this.#video,
        { notice: (text) => this.#say(text) },
        stream,
      );
      this.#playing = { kind: 'recording', stream, player };
    }
    this.#sought = playback;
    this.#playing.player.seek(playback.atMs);
    this.#showButtons();
  }

  #say(text: string): void {
    setText(this.#notice, text);
  }

  #togglePause(): void {
    if (this.#playing.kind === 'nothing') return;
    this.#playing.player.isPaused = !this.#playing.player.isPaused;
    this.#showButtons();
  }

  #toggleMute(): void {
    this.#video.muted = !this.#video.muted;
    this.#showButtons();
  }

  #step(byMs: number): void {
    const from = this.positionMs ?? Date.now();
    this.#requests.seek(from + byMs);
  }

  #fullScreen(): void {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.element.requestFullscreen?.();
  }

  #showButtons(): void {
    const isPaused = this.#playing.kind !== 'nothing' && this.#playing.player.isPaused;
    setAttribute(this.#pause, 'aria-label', isPaused ? 'Play' : 'Pause');
    setAttribute(this.#pause, 'data-on', String(isPaused));
    const { muted } = this.#video;
    setAttribute(this.#mute, 'aria-label', muted ? 'Sound on' : 'Sound off');
    setAttribute(this.#mute, 'data-on', String(!muted));
    this.#live.hidden = this.#playing.kind !== 'recording';
  }
}

const PAUSE = 'M8 5v14M16 5v14';
const PLAY = 'M7 4.5v15l12-7.5z';
const BACK = 'M11 6 5 12l6 6M19 6l-6 6 6 6';
const FORWARD = 'm13 6 6 6-6 6M5 6l6 6-6 6';
const MUTED = 'M4 9v6h4l5 4V5L8 9zM16 9l6 6m0-6-6 6';
const SOUND = 'M4 9v6h4l5 4V5L8 9zM16 8.5a5 5 0 0 1 0 7M18.5 6a9 9 0 0 1 0 12';
const FULL = 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5';

/** A button with an icon; of two icons, the second one is for when it is on. */
function button(
  id: string,
  label: string,
  icons: readonly string[],
  onclick: () => void,
): HTMLButtonElement {
  return html(
    'button',
    { type: 'button', class: 'icon-button', id, 'aria-label': label, title: label, onclick },
    ...icons.map((path) => icon(path)),
  );
}
