import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startLocalService } from '../../../src/local/service.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { skipWithoutChromium as skip } from '../support/chromium.ts';
import { createStream } from '../support/client.ts';
import { h264Document } from '../support/media.ts';
import { says, sharedBrowser, until } from '../support/page.ts';
import { type PutMedia, putDocument, putMedia } from '../support/put-media.ts';

const AXE = readFileSync(join(packageRoot, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const withPage = sharedBrowser();
const ends: (() => unknown)[] = [];
let url = '';
let open: PutMedia;

/** Addresses of all views, each with what is there once it has been drawn. */
const VIEWS: readonly (readonly [hash: string, drawn: string])[] = [
  ['#', says('[data-name="demo"]', /fps|fragment/)],
  ['#demo', says('#timeline-legend', /fragment/)],
  ['#stored?at=start', says('#on-screen', /:/)],
  ['#stored?panel=fragments', says('#panel-fragments', /video/)],
  ['#demo?panel=acks', says('#panel-acks', /ERROR/)],
  ['#demo?panel=connections', says('#panel-connections', /camera/)],
  ['#demo?panel=details', says('#panel-details', /Codec string/)],
  ['#demo?panel=commands', says('#panel-commands', /boto3/)],
  ['#demo?panel=faults', says('#panel-faults', /withhold-acks/)],
  ['#missing', says('#missing', /CONTROL_PLANE_URI/)],
];

before(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kvs-local-page-'));
  const service = await startLocalService({ dataDir });
  ends.push(
    () => service.close(),
    () => rmSync(dataDir, { recursive: true }),
  );
  url = service.url;
  await createStream(url, 'demo', { Tags: { site: 'roof' } });
  await createStream(url, 'stored');
  await putDocument(url, 'stored', h264Document());
  await putDocument(url, 'demo', Buffer.from('no Matroska'));
  open = await putMedia(url, 'demo', { headers: { 'user-agent': 'camera/1.0' } });
  open.request.write(h264Document());
  await open.waitFor((ack) => ack.EventType === 'PERSISTED');
});

after(async () => {
  open.request.destroy();
  for (const end of ends) await end();
});

/** What axe finds; in the dark theme nothing but the colours can differ. */
async function findings(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  await page.evaluate(AXE);
  const options = colorScheme === 'dark' ? "{ runOnly: ['cat.color'] }" : '{}';
  return page.evaluate<string[]>(`axe.run(document, ${options}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.join(' '))))`);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in any view, in the ${colorScheme} theme`, { skip }, async () => {
    await withPage(
      url,
      async (page) => {
        for (const [hash, drawn] of VIEWS) {
          await page.goto(`${url}/${hash}`);
          await until(page, drawn);
          assert.deepEqual(await findings(page, colorScheme), [], hash);
        }
        await page.goto(`${url}/#stored`);
        await page.click('#panel-fragments button.link');
        await until(page, says('#fragment-dialog', /avc1/));
        assert.deepEqual(await findings(page, colorScheme), [], 'what is in a fragment');
        await page.goto(`${url}/#demo?panel=faults`);
        await page.click('[data-kind="throttle"]');
        await page.click('.fault-form summary');
        assert.deepEqual(await findings(page, colorScheme), [], 'the form of a fault');
      },
      { colorScheme },
    );
  });
}

test('every button of the player and every tab is reached by keyboard', { skip }, async () => {
  await withPage(`${url}/#stored?at=start`, async (page) => {
    await until(page, says('#panel-fragments', /video/));
    const reached = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate<string>('document.activeElement.id'));
    }
    const wanted = ['all-streams', 'mode-live', 'mode-recording', 'pause', 'back', 'forward'];
    wanted.push('go-live', 'mute', 'fullscreen', 'earlier', 'span', 'later', 'scrubber');
    wanted.push('tab-fragments', 'theme');
    assert.deepEqual(
      wanted.filter((id) => !reached.has(id)),
      [],
    );
    await page.focus('#tab-fragments');
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate('document.activeElement.id'), 'tab-acks');
    assert.match(new URL(page.url()).hash, /panel=acks/);
    await page.focus('#pause');
    await page.keyboard.press('Enter');
    await until(page, "document.querySelector('video').paused");
  });
});
