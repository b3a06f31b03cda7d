/** Plays everything that is kept of a stream as HLS, from its beginning and on while it grows. */
export class RecordingPlayer {
  #video;
  #say;
  #hls;
  #closed = false;
  /** Where playback was when it last began anew, in seconds. */
  #resumedAt = -1;

  /**
   * @param {HTMLVideoElement} video
   * @param {(notice: string) => void} say
   */
  constructor(video, say) {
    this.#video = video;
    this.#say = say;
  }

  /** @param {string} stream */
  async play(stream) {
    this.#say('Opening the recording…');
    await this.#open(stream, 0);
  }

  /**
   * @param {string} stream
   * @param {number} from seconds
   */
  async #open(stream, from) {
    const response = await fetch(`/api/recording?stream=${encodeURIComponent(stream)}`);
    const answer = await response.json();
    if (this.#closed) return;
    if (!response.ok) {
      this.#say(answer.message);
      return;
    }
    const video = this.#video;
    video.controls = true;
    video.playbackRate = 1;
    video.addEventListener('loadeddata', () => this.#say(''), { once: true });
    const Hls = await loadHls();
    if (this.#closed) return;
    if (Hls?.isSupported()) {
      this.#hls = new Hls({ enableWorker: false, startPosition: from, maxBufferLength: 30 });
      this.#hls.on(Hls.Events.ERROR, (_event, data) => {
        if (data.fatal) this.#failed(stream, data);
      });
      this.#hls.loadSource(answer.url);
      this.#hls.attachMedia(video);
    } else if (video.canPlayType('application/vnd.apple.mpegurl')) {
      video.src = answer.url;
    } else {
      this.#say('This browser cannot play HLS.');
      return;
    }
    video.play().catch(() => {});
  }

  /**
   * A track that joined needs buffers that the player made without it. A new session knows of the
   * track from its beginning, and goes on where this one stood.
   */
  #failed(stream, { type, details }) {
    const at = this.#video.currentTime;
    if (type === 'mediaError' && at > this.#resumedAt) {
      this.#resumedAt = at;
      this.#hls.destroy();
      this.#open(stream, at).catch(() => this.#say('The recording cannot be opened again.'));
      return;
    }
    this.#say(`The recording cannot be played.\n${details}`);
  }

  close() {
    this.#closed = true;
    this.#hls?.destroy();
    this.#video.controls = false;
    this.#video.removeAttribute('src');
    this.#video.load();
  }
}

let loading;

/** hls.js is loaded when it is first needed: watching live does without. */
function loadHls() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = '/page/hls.js';
    script.addEventListener('load', () => resolve(window.Hls));
    script.addEventListener('error', () => resolve(undefined));
    document.head.append(script);
  });
  return loading;
}
