/** Plays everything that is kept of a stream as HLS, from its beginning and on while it grows. */
export class RecordingPlayer {
  #video;
  #say;
  #hls;
  #closed = false;

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
      this.#hls = new Hls({ enableWorker: false, startPosition: 0, maxBufferLength: 30 });
      this.#hls.on(Hls.Events.ERROR, (_event, data) => {
        if (data.fatal) this.#say(`The recording cannot be played.\n${data.details}`);
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
