import * as format from './format.js';

/** Seconds of history in the tiles' lines. */
const HISTORY = 60;

function by(id) {
  return document.getElementById(id);
}

/** @type {Map<string, { fps: number[], rate: number[], latency: number[] }>} */
const histories = new Map();

/** Takes a second's numbers into the lines of every stream. */
export function remember(streams) {
  const names = new Set(streams.map((stream) => stream.name));
  for (const name of histories.keys()) if (!names.has(name)) histories.delete(name);
  for (const stream of streams) {
    let history = histories.get(stream.name);
    if (history === undefined) {
      history = { fps: [], rate: [], latency: [] };
      histories.set(stream.name, history);
    }
    history.fps.push(stream.fps);
    history.rate.push(stream.bitsPerSecond);
    history.latency.push(stream.latencyMs ?? 0);
    for (const line of Object.values(history)) if (line.length > HISTORY) line.shift();
  }
}

/** The list on the left. Elements are kept, so that focus and hover stay where they are. */
export function showList(streams, selected) {
  const list = by('stream-list');
  by('stream-count').textContent = String(streams.length);
  const known = new Map([...list.children].map((item) => [item.dataset.name, item]));
  streams.forEach((stream, i) => {
    const item = known.get(stream.name) ?? newItem(stream.name);
    known.delete(stream.name);
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
    const link = item.firstElementChild;
    const isLive = stream.sessions > 0;
    link.dataset.live = String(isLive);
    if (stream.name === selected) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    link.querySelector('.state').textContent = stateOf(stream);
    link.querySelector('.numbers').textContent = isLive
      ? `${stream.fps.toFixed(0)} frames/s · ${format.bitRate(stream.bitsPerSecond).join(' ')}`
      : `${stream.fragmentsStored} fragments · ${format.bytes(stream.bytesStored).join(' ')}`;
  });
  for (const item of known.values()) item.remove();
}

function newItem(name) {
  const item = document.createElement('li');
  item.dataset.name = name;
  const link = document.createElement('a');
  link.className = 'stream';
  link.href = `#${encodeURIComponent(name)}`;
  for (const part of ['dot', 'name', 'state', 'numbers']) {
    const span = document.createElement('span');
    span.className = part;
    link.append(span);
  }
  link.querySelector('.name').textContent = name;
  item.append(link);
  return item;
}

function stateOf(stream) {
  if (stream.status !== 'ACTIVE') return stream.status.toLowerCase();
  return stream.sessions > 0 ? 'Live' : 'Idle';
}

/** Everything below the picture. */
export function showStream(stream, behindSeconds) {
  const isLive = stream.sessions > 0;
  by('stream-name').textContent = stream.name;
  const badge = by('badge');
  badge.dataset.state = isLive ? 'live' : 'idle';
  badge.textContent = stateOf(stream);
  by('fps').textContent = isLive ? stream.fps.toFixed(stream.fps < 100 ? 1 : 0) : '–';
  show('rate', isLive ? format.bitRate(stream.bitsPerSecond) : ['–', 'Mbit/s']);
  show('latency', stream.latencyMs === undefined ? ['–', ''] : format.duration(stream.latencyMs));
  show('stored', [stream.fragmentsStored.toLocaleString('en'), 'fragments']);
  const persisted = stream.fragmentsPersisted.toLocaleString('en');
  by('stored-bytes').textContent =
    `${format.bytes(stream.bytesStored).join(' ')} · ${persisted} in this run`;
  by('on-screen').textContent =
    behindSeconds === undefined
      ? ''
      : `Live · picture ${behindSeconds.toFixed(1)} s behind arrival`;

  const history = histories.get(stream.name);
  drawLine('spark-fps', history?.fps ?? []);
  drawLine('spark-rate', history?.rate ?? []);
  drawLine('spark-latency', history?.latency ?? []);
  showFragments(stream.recent);
  showFacts(stream);
}

function show(id, [value, unit]) {
  by(id).textContent = value;
  by(`${id}-unit`).textContent = unit;
}

function drawLine(id, values) {
  const svg = by(id);
  if (values.length < 2) {
    svg.replaceChildren();
    return;
  }
  const most = Math.max(1, ...values) * 1.15;
  const step = 100 / (HISTORY - 1);
  const from = 100 - (values.length - 1) * step;
  const points = values
    .map((value, i) => {
      const y = 23 - (Math.max(0, value) / most) * 22;
      return `${(from + i * step).toFixed(2)} ${y.toFixed(2)}`;
    })
    .join('L');
  svg.replaceChildren(path('area', `M${from} 24L${points}L100 24Z`), path('line', `M${points}`));
}

function path(className, d) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  element.setAttribute('class', className);
  element.setAttribute('d', d);
  return element;
}

function showFragments(recent) {
  const list = by('fragment-bars');
  const most = Math.max(1, ...recent.map((fragment) => fragment.bytes));
  while (list.children.length > recent.length) list.lastElementChild.remove();
  while (list.children.length < recent.length) list.append(document.createElement('li'));
  recent.forEach((fragment, i) => {
    const bar = list.children[i];
    bar.style.height = `${(fragment.bytes / most) * 100}%`;
    const size = format.bytes(fragment.bytes).join(' ');
    bar.title = `${new Date(fragment.startMs).toLocaleTimeString()}: ${fragment.frames} frames, ${size}`;
  });
  const last = recent.at(-1);
  by('last-fragment').textContent =
    last === undefined
      ? 'none yet'
      : `last: ${(last.durationMs / 1000).toFixed(1)} s, ${last.frames} frames, ${format
          .bytes(last.bytes)
          .join(' ')}, recorded ${new Date(last.startMs).toLocaleTimeString()}`;
}

function showFacts(stream) {
  const facts = [
    ['Media', stream.tracks.map(format.track).join(', ') || (stream.mediaType ?? 'unknown')],
    ['Retention', format.retention(stream.retentionHours)],
    ['Created', new Date(stream.creationTimeMs).toLocaleString()],
    ['ARN', stream.arn, 'wide'],
  ];
  const text = JSON.stringify(facts);
  const list = by('facts');
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(
    ...facts.map(([name, value, className]) => {
      const group = document.createElement('div');
      if (className) group.className = className;
      const term = document.createElement('dt');
      term.textContent = name;
      const description = document.createElement('dd');
      description.textContent = value;
      group.append(term, description);
      return group;
    }),
  );
}
