// Takes README's pictures, of the demo as it runs: docs/images/page.png is the local service's
// page while the stream plays, docs/images/terminal.png what the terminal showed. And the page's
// views, in both themes, on a desktop and a phone, in docs/6-maintain/page-views.
//   npm run screenshots
//   npm run screenshots -- views    the page's views alone
// Needs what the tests need: Chromium, and `script` of util-linux for a terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takePageViews } from './lib/page-views.mjs';
import { fail, root } from './lib/run.mjs';
import { setup } from './setup.mjs';

const SECONDS = 20;
const COLUMNS = 100;
const MAX_BYTES = 150_000;
/** Stands for the control character, which is easily overlooked in a pattern. */
const ESCAPE = '␛';
const images = join(root, 'docs', 'images');

await setup(['build', 'run', 'test']);
const { startChromium } = await import('../dist/test/local/support/chromium.js');
mkdirSync(images, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'kvs-launch-screenshots-'));
const { browser, close } = await startChromium();
try {
  await takePageViews(browser);
  if (!process.argv.includes('views')) await takeDemo();
} finally {
  await close();
  rmSync(data, { recursive: true, force: true });
}

async function takeDemo() {
  const watched = startDemo();
  const page = await openPage({ width: 1120, height: 960 });
  await page.goto(await watched.address);
  await playing(page);
  await save(page, 'page.png');
  await page.close();
  await watched.ended;
  // Another one, by itself: a browser that decodes would take the processor from it.
  const demo = startDemo();
  await demo.ended;
  const terminal = await openPage({ width: 960, height: 100 });
  await terminal.setContent(terminalPage(demo.text()));
  await save(terminal.locator('main'), 'terminal.png');
}

/** The demo in a terminal of its own. */
function startDemo() {
  const command = `node scripts/demo.mjs --seconds ${SECONDS} --data ${data}`;
  const child = spawn('script', ['-qefc', `stty cols ${COLUMNS}; ${command}`, '/dev/null'], {
    cwd: root,
    env: { ...process.env, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const address = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      const found = /https?:\/\/127\.0\.0\.1:\d+\/#\w+/.exec(text);
      if (found) resolve(found[0]);
    });
  });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) fail(`The demo failed:\n${text}`);
  });
  return { address, ended, text: () => text };
}

async function openPage(viewport) {
  const context = await browser.newContext({ viewport, colorScheme: 'light' });
  return await context.newPage();
}

/** Waits until the picture has moved for a while, so that the figures beside it are in full. */
async function playing(page) {
  const watch = "document.querySelector('video').currentTime > 12";
  for (let tries = 0; !(await page.evaluate(watch)); tries++) {
    if (tries > 150) throw new Error('The stream does not play.');
    await sleep(200);
  }
}

/** What stands in a terminal in the end: lines that were written over, bold, no paths of this machine. */
function terminalPage(text) {
  const lines = text
    .replaceAll('\x1b', ESCAPE)
    .split(/\r?\n/)
    .map((line) => line.split(/\r|␛\[2K|␛\[\d*G/).findLast((part) => part !== '') ?? '')
    .map((line) => line.replaceAll(data, '.kvs-local/demo'));
  const html = [`$ npm run demo -- --seconds ${SECONDS}`, ...lines]
    .join('\n')
    .replace(/[&<]/g, (sign) => (sign === '&' ? '&amp;' : '&lt;'))
    .replace(/␛\[1m/g, '<b>')
    .replace(/␛\[(0|22)m/g, '</b>')
    .replace(/␛\[[\d;?]*[a-zA-Z]/g, '')
    .trimEnd();
  return `<style>
    body { margin: 0; background: #fff }
    main { background: #1d1f21; padding: 16px 20px; width: ${COLUMNS}ch; font: 14px/1.45 monospace }
    pre { margin: 0; color: #d8dbd9; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
    b { color: #fff }
  </style><main><pre>${html}</pre></main>`;
}

async function save(target, name) {
  const path = join(images, name);
  await target.screenshot({ path });
  const { size } = statSync(path);
  if (size > MAX_BYTES) fail(`${name} has ${size} bytes, more than ${MAX_BYTES}.`);
  console.log(`docs/images/${name}: ${Math.round(size / 1000)} kB`);
}
