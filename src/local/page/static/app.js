import { LivePlayer } from './live-player.js';
import { RecordingPlayer } from './recording-player.js';
import { remember, showList, showStream } from './view.js';

function by(id) {
  return document.getElementById(id);
}
const video = by('video');

/** What is known of the streams; undefined until the service has spoken. */
let streams;
let mode = 'live';
/** What is playing: `${mode} ${stream}`. */
let playing = '';
let player;

function say(notice) {
  by('notice').textContent = notice;
}

/** The stream of the address, or the first that is live, or the first. */
function selectedStream() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (wanted !== '') return { wanted, stream: streams.find(({ name }) => name === wanted) };
  const stream = streams.find(({ sessions }) => sessions > 0) ?? streams[0];
  return { wanted: stream?.name ?? '', stream };
}

function render() {
  if (streams === undefined) return;
  const { wanted, stream } = selectedStream();
  showList(streams, stream?.name);
  by('empty').hidden = stream !== undefined;
  by('stage').hidden = stream === undefined;
  if (stream === undefined) {
    by('empty-title').textContent =
      wanted === '' ? 'Waiting for the first stream' : `Waiting for the stream ${wanted}`;
    document.title = 'Local Kinesis Video Streams';
    watch('', undefined);
    return;
  }
  document.title = `${stream.name} – Local Kinesis Video Streams`;
  watch(mode, stream);
  const isShown = player instanceof LivePlayer && by('notice').textContent === '';
  showStream(stream, isShown && stream.sessions > 0 ? player.behindSeconds : undefined);
  if (mode === 'live' && stream.sessions === 0) {
    say(
      stream.fragmentsStored > 0
        ? 'Nothing is being sent right now.\nWatch what is kept under “Recording”.'
        : 'Nothing is being sent right now.',
    );
  }
}

/** Starts and ends players, so that the one that is wanted plays. */
function watch(how, stream) {
  const isThere = stream !== undefined && (how === 'recording' || stream.sessions > 0);
  const next = isThere ? `${how} ${stream.name}` : '';
  if (next === playing) return;
  playing = next;
  player?.close();
  player = undefined;
  by('screen').dataset.mode = how;
  say('');
  if (next === '') return;
  player = how === 'live' ? new LivePlayer(video, say) : new RecordingPlayer(video, say);
  player.play(stream.name);
}

function choose(wanted) {
  mode = wanted;
  by('mode-live').setAttribute('aria-pressed', String(mode === 'live'));
  by('mode-recording').setAttribute('aria-pressed', String(mode === 'recording'));
  render();
}

by('mode-live').addEventListener('click', () => choose('live'));
by('mode-recording').addEventListener('click', () => choose('recording'));
by('mute').addEventListener('click', () => {
  video.muted = !video.muted;
  by('mute').setAttribute('aria-pressed', String(!video.muted));
  by('mute').setAttribute('aria-label', video.muted ? 'Sound on' : 'Sound off');
});
by('fullscreen').addEventListener('click', () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else by('screen').requestFullscreen?.();
});
by('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme === 'dark';
  root.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
});
const theme = localStorage.getItem('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;

/** What to type; with the key of this service, where it has one that is no secret. */
async function showCommand() {
  const { localKey } = await (await fetch('/api/service')).json();
  by('command').textContent = [
    `export CONTROL_PLANE_URI=${location.origin}`,
    `export AWS_ACCESS_KEY_ID=${localKey?.accessKeyId ?? '…'}`,
    `export AWS_SECRET_ACCESS_KEY=${localKey?.secretAccessKey ?? '…'}`,
    'gst-launch-1.0 -e videotestsrc is-live=true ! video/x-raw,framerate=30/1 \\',
    '  ! x264enc tune=zerolatency key-int-max=60 ! h264parse \\',
    '  ! kvssink stream-name=demo',
  ].join('\n');
}
showCommand();
by('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(by('command').textContent);
  by('copy').textContent = 'Copied';
  setTimeout(() => {
    by('copy').textContent = 'Copy';
  }, 1500);
});

window.addEventListener('hashchange', render);

const connection = by('connection');
const events = new EventSource('/api/events');
events.addEventListener('open', () => {
  connection.dataset.state = 'open';
  connection.textContent = 'Connected';
});
events.addEventListener('error', () => {
  connection.dataset.state = 'lost';
  connection.textContent = 'The service is not there; trying again…';
});
events.addEventListener('message', (event) => {
  streams = JSON.parse(event.data).streams;
  remember(streams);
  render();
});
