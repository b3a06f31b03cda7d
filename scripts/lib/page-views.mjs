// The views of the local service's page, with streams to look at: for the pictures in
// docs/6-maintain/page-views.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './run.mjs';

const folder = join(root, 'docs', '6-maintain', 'page-views');

/** What each view has in its address, and what it is called. */
const VIEWS = [
  ['overview', 'All streams', '#'],
  ['live', 'A stream, live', '#front-door'],
  ['recording', 'A stream, back in time', '#garage?at=start'],
  ['acks', 'Acks', '#front-door?panel=acks'],
  ['connections', 'Connections', '#garage?panel=connections'],
  ['details', 'Details', '#garage?panel=details'],
  ['commands', 'Commands', '#front-door?panel=commands'],
  ['faults', 'Faults', '#front-door?panel=faults'],
  ['missing', 'A stream that is not there yet', '#yard'],
];
const DEVICES = [
  ['desktop', { width: 1120, height: 900 }],
  ['phone', { width: 360, height: 760 }],
];
const THEMES = ['light', 'dark'];
const AMAZON = 'AWS-SDK-KVS/3.4.1 GCC/12.2.0 Linux/6.1.0 x86_64';

/** Takes all pictures, and writes the page that shows them. */
export async function takePageViews(browser) {
  const support = (name) => import(join(root, 'dist', 'test', 'local', 'support', `${name}.js`));
  const { startLocalService } = await import(join(root, 'dist', 'src', 'local', 'service.js'));
  const [{ createStream }, { liveProducer }, { putDocument }, { h264Document }] = await Promise.all(
    ['client', 'live-producer', 'put-media', 'media'].map(support),
  );
  const dataDir = mkdtempSync(join(tmpdir(), 'kvs-launch-page-views-'));
  const ends = [];
  const service = await startLocalService({ dataDir });
  try {
    const { url } = service;
    await createStream(url, 'front-door', { Tags: { site: 'office', team: 'video' } });
    await createStream(url, 'garage', { Tags: { site: 'home' } });
    await createStream(url, 'warehouse');
    const now = Math.round(Date.now() / 1000);
    for (const start of [now - 900, now - 895, now - 620]) {
      await putDocument(url, 'garage', h264Document({ frames: 100, audio: true }), {
        headers: {
          'user-agent': AMAZON,
          'x-amzn-fragment-timecode-type': 'RELATIVE',
          'x-amzn-producer-start-timestamp': String(start),
        },
      });
    }
    await liveProducer({ after: (end) => ends.push(end) }, url, 'front-door', undefined, {});
    mkdirSync(folder, { recursive: true });
    for (const [device, viewport] of DEVICES) {
      for (const colorScheme of THEMES) {
        const context = await browser.newContext({ viewport, colorScheme });
        for (const [name, , hash] of VIEWS) {
          const page = await context.newPage();
          await page.goto(`${url}/${hash}`);
          // Pictures, figures and their lines need a while.
          await sleep(4000);
          await save(page, `${name}-${device}-${colorScheme}.png`);
          await page.close();
        }
        await context.close();
      }
    }
    writeFileSync(join(folder, 'README.md'), galleryPage());
  } finally {
    for (const end of ends) await end();
    await service.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** With a palette: flat areas need no more colours. */
async function save(page, name) {
  const full = join(tmpdir(), `kvs-launch-${name}`);
  await page.screenshot({ path: full });
  const filter = 'split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none';
  const path = join(folder, name);
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', full, '-vf', filter, path]);
  rmSync(full);
  console.log(`docs/6-maintain/page-views/${name}: ${Math.round(statSync(path).size / 1000)} kB`);
}

function galleryPage() {
  const parts = VIEWS.map(([name, title]) => {
    const row = (device) =>
      `| ${THEMES.map((theme) => `![${title}, ${device}, ${theme}](${name}-${device}-${theme}.png)`).join(' | ')} |`;
    return `## ${title}\n\n| light | dark |\n|---|---|\n${row('desktop')}\n${row('phone')}\n`;
  });
  return `# The local service's page

What \`npm run screenshots\` saw: each view on a desktop and on a phone, in both themes. Look at them after a change.

${parts.join('\n')}`;
}
