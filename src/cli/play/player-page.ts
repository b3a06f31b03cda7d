/** The page of `kvs-launch play --open`. */
export function playerPage(stream: string): string {
  const title = stream.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>
  html, body { margin: 0; height: 100%; background: #111; color: #ddd; font: 16px system-ui; }
  video { width: 100%; height: 100%; object-fit: contain; }
  p { position: absolute; inset: 1em auto auto 1em; margin: 0; }
</style>
<video controls autoplay muted playsinline></video>
<p role="status"></p>
<script src="hls.js"></script>
<script src="player.js"></script>
`;
}

/** Plays the session; when that ends or has expired, the server has another one. */
export const PLAYER_SCRIPT = `
const video = document.querySelector('video');
const status = document.querySelector('p');
let player;
async function open() {
  const answer = await fetch('session');
  const { url, message } = await answer.json();
  if (url === undefined) throw new Error(message);
  player?.destroy();
  if (!Hls.isSupported()) {
    video.src = url;
    return;
  }
  player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_, { fatal, details }) => {
    if (fatal) again(details);
  });
  player.on(Hls.Events.FRAG_BUFFERED, () => { status.textContent = ''; });
  player.loadSource(url);
  player.attachMedia(video);
}
function again(reason) {
  status.textContent = reason;
  setTimeout(() => open().catch(({ message }) => again(message)), 2000);
}
open().catch(({ message }) => again(message));
`;
