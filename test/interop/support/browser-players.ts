import { createRequire } from 'node:module';
import { startChromium } from '../../local/support/chromium.ts';

/** How far a player came, and what it complained of. */
export type Played = {
  readonly end: 'ended' | 'played' | 'failed' | 'stalled';
  readonly said: readonly string[];
  readonly frames: number;
  readonly hasAudio: boolean;
  readonly duration: number;
};

const require = createRequire(import.meta.url);
const SCRIPTS = {
  'hls.js': require.resolve('hls.js'),
  'dash.js': require.resolve('dashjs'),
} as const;

/**
 * Plays muted until the end, or for some seconds: waits for what the player says, and at the longest
 * for 30 s.
 */
const PLAY = `(name, url, seconds) => new Promise((resolve) => {
  const video = document.createElement('video');
  document.body.append(video);
  video.muted = true;
  const said = [];
  let stop = () => {};
  const finish = (end) => {
    clearTimeout(patience);
    const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
    const hasAudio = (video.webkitAudioDecodedByteCount ?? 0) > 0;
    const { duration } = video;
    stop();
    video.remove();
    resolve({ end, said, frames, hasAudio, duration });
  };
  const patience = setTimeout(() => finish('stalled'), 30_000);
  let began;
  video.addEventListener('timeupdate', () => {
    began ??= video.currentTime;
    if (seconds > 0 && video.currentTime - began >= seconds) finish('played');
  });
  video.addEventListener('ended', () => finish('ended'));
  video.addEventListener('error', () => {
    said.push(video.error.message);
    finish('failed');
  });
  if (name === 'hls.js') {
    const hls = new Hls({ enableWorker: false });
    stop = () => hls.destroy();
    hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
      said.push(details);
      if (fatal) finish('failed');
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    video.play();
  } else {
    const player = dashjs.MediaPlayer().create();
    stop = () => player.destroy();
    player.updateSettings({ debug: { logLevel: 0 } });
    player.on('error', ({ error }) => {
      said.push(error.message ?? String(error));
      finish('failed');
    });
    // At its end dash.js may pause the element before the browser says that it ended.
    player.on('playbackEnded', () => finish('ended'));
    player.initialize(video, url, true);
  }
})`;

/** Chromium with a page of another origin than the service's, as a user's would be. */
export async function startPlayers(): Promise<{
  play(player: keyof typeof SCRIPTS, url: string, seconds?: number): Promise<Played>;
  close(): Promise<void>;
}> {
  const { browser, close } = await startChromium();
  const page = await browser.newPage();
  for (const path of Object.values(SCRIPTS)) await page.addScriptTag({ path });
  return {
    play: (player, url, seconds = 0) =>
      page.evaluate<Played>(
        `(${PLAY})(${JSON.stringify(player)}, ${JSON.stringify(url)}, ${seconds})`,
      ),
    close,
  };
}
