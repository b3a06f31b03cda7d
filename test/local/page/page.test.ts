import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipWithoutChromium as skip } from '../support/chromium.ts';
import { createStream } from '../support/client.ts';
import { liveProducer } from '../support/live-producer.ts';
import * as m from '../support/matroska.ts';
import { h264Document, h265Document } from '../support/media.ts';
import {
  movesOn,
  PLAYING,
  POSITION_S,
  pictureOf,
  says,
  sharedBrowser,
  until,
} from '../support/page.ts';
import { putDocument, putMedia } from '../support/put-media.ts';
import { startService } from '../support/service.ts';

const withPage = sharedBrowser();
const START_S = 1_795_253_000;

/** Three seconds of video from START_S on, or later. */
async function store(url: string, stream: string, afterS = 0): Promise<void> {
  await putDocument(url, stream, h264Document(), {
    headers: {
      'x-amzn-fragment-timecode-type': 'RELATIVE',
      'x-amzn-producer-start-timestamp': String(START_S + afterS),
    },
  });
}

for (const [name, encoder] of [
  ['', undefined],
  [' with B-frames', 'x264enc bframes=2 speed-preset=ultrafast key-int-max=30'],
] as const) {
  test(`a live stream${name} is shown moving, with its numbers`, { skip }, async (t) => {
    const { url } = await startService(t);
    await createStream(url, 'demo');
    const producer = await liveProducer(t, url, 'demo', encoder);
    await withPage(`${url}/#demo`, async (page) => {
      await until(page, PLAYING);
      await movesOn(page);
      assert.equal(await page.textContent('#stream-name'), 'demo');
      assert.equal(await page.textContent('#badge'), 'Live');
      await until(page, "parseFloat(document.getElementById('fps').textContent) > 5");
      await until(page, "parseInt(document.getElementById('stored').textContent) > 0");
      await until(page, "document.querySelector('.stored').getAttribute('d')?.length > 10");
      await page.click('#tab-details');
      await until(page, says('#panel-details', /H\.264.*Constrained Baseline|H\.264.*320 × 240/));
      await page.click('#tab-acks');
      await until(page, says('#panel-acks', /PERSISTED/));
      await producer.stop();
      await until(page, says('#badge', /^Idle$/));
      await page.click('#tab-connections');
      await until(page, says('#panel-connections', /ended by the producer|connection lost/));
    });
  });
}

test('a recording is played with hls.js, and its address says so', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await store(url, 'demo');
  await withPage(`${url}/#demo`, async (page) => {
    await page.click('#mode-recording');
    assert.equal(new URL(page.url()).hash, '#demo?at=start');
    await until(page, PLAYING);
    await movesOn(page);
    const duration = await page.evaluate<number>("document.querySelector('video').duration");
    assert.ok(Math.abs(duration - 3) < 0.2, `3 s, not ${duration}`);
    await page.goBack();
    await until(page, "document.getElementById('mode-live').ariaPressed === 'true'");
  });
});

test('an address with a time plays from then on, over gaps', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await store(url, 'demo');
  await store(url, 'demo', 600);
  const at = new Date((START_S + 601) * 1000).toISOString();
  await withPage(`${url}/#demo?at=${at}`, async (page) => {
    await until(page, PLAYING);
    await until(page, `${POSITION_S} >= ${START_S + 602}`);
  });
  const end = new Date((START_S + 2) * 1000).toISOString();
  await withPage(`${url}/#demo?at=${end}`, async (page) => {
    await until(page, `${POSITION_S} >= ${START_S + 600}`);
  });
});

test('the scrubber is moved by keyboard and by mouse', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await store(url, 'demo');
  await store(url, 'demo', 30);
  await withPage(`${url}/#demo`, async (page) => {
    await until(page, says('#timeline-legend', /6 fragments/));
    await page.focus('#scrubber');
    await page.keyboard.press('Home');
    await until(page, `${POSITION_S} === ${START_S}`);
    assert.match(new URL(page.url()).hash, /^#demo\?at=/);
    await until(page, PLAYING);
    await page.keyboard.press('PageUp');
    await until(page, `${POSITION_S} >= ${START_S + 30}`);
    const box = await page.locator('#scrubber').boundingBox();
    assert.ok(box);
    const part = await page.evaluate<number>(`(() => {
      const { ariaValueMin: min, ariaValueMax: max } = document.getElementById('scrubber');
      return (${START_S + 1} - min) / (max - min);
    })()`);
    await page.mouse.click(box.x + part * box.width, box.y + box.height / 2);
    await until(page, `${POSITION_S} <= ${START_S + 3}`);
    await page.keyboard.press('End');
    assert.equal(new URL(page.url()).hash, '#demo');
  });
});

test('what a browser cannot play is said by its codec, live and stored', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const session = await putMedia(url, 'demo');
  session.request.write(h265Document());
  await withPage(`${url}/#demo?panel=details`, async (page) => {
    await until(page, says('#notice', /cannot play hvc1/));
    await until(page, says('#panel-details', /H\.265/));
    await session.waitFor((ack) => ack.EventType === 'PERSISTED');
    await page.click('#mode-recording');
    await until(page, says('#notice', /recording cannot be played.*cannot play hvc1/s));
  });
  session.request.destroy();
});

test('why there is no recording is said as the service says it', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'empty');
  await withPage(`${url}/#empty?at=start`, async (page) => {
    await until(page, says('#notice', /^Nothing of the stream 'empty' is stored/));
  });
  await createStream(url, 'broken');
  const noCodecData = m.track(1, Buffer.alloc(0));
  await putDocument(
    url,
    'broken',
    Buffer.concat([m.head(noCodecData), m.cluster(START_S * 1000), m.block(0), m.block(900)]),
  );
  await withPage(`${url}/#broken?at=start`, async (page) => {
    await until(page, says('#notice', /cannot be played.*odec private data/s));
  });
});

test('without streams the page says how to send one, and shows it when it comes', {
  skip,
}, async (t) => {
  const { url } = await startService(t);
  const permissions = ['clipboard-read', 'clipboard-write'];
  await withPage(
    url,
    async (page) => {
      await page.waitForSelector('#empty:not([hidden])');
      const environment = '#empty [data-command="environment"]';
      await until(page, says(environment, /AWS_SECRET_ACCESS_KEY=kvs-launch-local/));
      const text = await page.textContent(`${environment} code`);
      assert.ok(text?.includes(`CONTROL_PLANE_URI=${url}\n`));
      await page.click(`${environment} button`);
      await until(page, says(`${environment} button`, /^Copied$/));
      assert.equal(await page.evaluate<string>('navigator.clipboard.readText()'), text);
    },
    { permissions },
  );
  await withPage(`${url}/#later`, async (page) => {
    await page.waitForSelector('#missing:not([hidden])');
    assert.match((await page.textContent('#missing-title')) ?? '', /later/);
    await until(page, says('#missing [data-command="gst-launch"]', /stream-name=later/));
    await createStream(url, 'later');
    await page.waitForSelector('#stage:not([hidden])');
    assert.equal(await page.textContent('#stream-name'), 'later');
  });
});

test('the overview has a picture of each stream, and leads to it', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'audio-only');
  await createStream(url, 'demo');
  await store(url, 'demo');
  await putDocument(
    url,
    'audio-only',
    Buffer.concat([m.head(m.track(2)), m.cluster(START_S * 1000), m.block(0, 2)]),
  );
  await withPage(
    url,
    async (page) => {
      const card = '[data-name="demo"]';
      await page.waitForSelector(card);
      await until(page, `new Set(${pictureOf(`${card} canvas`)}.split(',')).size > 5`);
      await until(page, says('[data-name="audio-only"] .blank', /no video/));
      await until(page, says(card, /3 fragments/));
      const wide = 'document.documentElement.scrollWidth - innerWidth';
      assert.equal(await page.evaluate(wide), 0, 'nothing sticks out');
      await page.click(`${card} a`);
      await until(page, says('#stream-name', /^demo$/));
      assert.equal(await page.evaluate(wide), 0, 'nothing sticks out');
      const player = await page.locator('#screen').boundingBox();
      assert.ok(player && player.y + player.height < 640, 'the player is on the first screen');
    },
    { viewport: { width: 360, height: 640 } },
  );
});

test('a picture that could not be fetched is fetched again', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  await store(url, 'demo');
  await withPage(`${url}/#demo`, async (page) => {
    let refused = 0;
    await page.route('**/api/key-frame.mp4*', async (route) => {
      if (refused > 0) return route.continue();
      refused++;
      return route.abort();
    });
    await page.goto(`${url}/#`);
    await until(page, `new Set(${pictureOf('[data-name="demo"] canvas')}.split(',')).size > 5`);
    assert.equal(refused, 1);
  });
});

test('a fragment shows what is in it, and is played from there', { skip }, async (t) => {
  const { url } = await startService(t);
  await createStream(url, 'demo');
  const tagged = Buffer.concat([
    m.head(),
    m.tags(['site', 'roof']),
    m.cluster(START_S * 1000),
    m.block(0),
  ]);
  await putDocument(url, 'demo', tagged);
  await withPage(`${url}/#demo`, async (page) => {
    await page.click('#panel-fragments button.link');
    await until(page, says('#fragment-dialog', /site.*roof/s));
    await page.click('text=Play from here');
    assert.match(new URL(page.url()).hash, /^#demo\?at=2026-11-/);
  });
});

test('a fault is injected and removed with buttons', { skip }, async (t) => {
  const { url, faults } = await startService(t);
  await createStream(url, 'demo');
  await withPage(`${url}/#demo?panel=faults`, async (page) => {
    await page.click('[data-kind="error-ack"]');
    await page.selectOption('#fault-error-ack-errorId', '5000');
    await page.click('text=Inject error-ack');
    await until(page, says('.fault-list', /error-ack · errorId 5000 · stream demo/));
    assert.deepEqual(
      faults.list().map(({ fault }) => fault),
      [{ kind: 'error-ack', errorId: 5000, stream: 'demo' }],
    );
    await page.click('.fault-list button');
    await until(page, says('.fault-list', /over/));
    assert.ok(faults.list().every(({ state }) => state === 'over'));
  });
});
