// kvssink_addon.node, each test in a process of its own: what is looked at is also how they end.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { build, environment, type Outcome, run } from './programs.ts';

before(() => build(), { timeout: 300_000 });

/** GStreamer's registry, made by the first process and used by all. */
const registry = mkdtempSync(join(tmpdir(), 'kvs-addon-'));
after(() => rmSync(registry, { recursive: true, force: true }));

/**
 * Runs a script with `addon`, `counts` (messages pulled by type), `answerDrains` and
 * `report` at hand; what it reports comes back as JSON.
 */
async function script(body: string): Promise<Outcome & { report: Record<string, unknown> }> {
  const prelude = `
    const addon = require(${JSON.stringify(join(packageRoot, 'build/Release/kvssink_addon.node'))});
    const counts = {};
    let slab = Buffer.alloc(64 * 1024);
    let answerDrains = true;
    const onMessage = (id, type, bytes) => {
      counts[type] = (counts[type] ?? 0) + 1;
      if (type === 6 && answerDrains) addon.send(id, 2, 0n, '');
    };
    const pull = (id) => {
      for (;;) {
        const copied = addon.pull(id, slab);
        if (copied < 0) { slab = Buffer.alloc(-copied); continue; }
        if (copied === 0) return;
        for (let at = 0; at < copied; at += 48 + slab.readUInt32LE(at)) {
          onMessage(id, slab.readUInt8(at + 4), slab.subarray(at));
        }
      }
    };
    const report = (value) => console.log('REPORT ' + JSON.stringify(value));
    const message = (pipeline, wanted) => new Promise((resolve) => {
      pipeline.onMessage((message) => { if (wanted(message)) resolve(message); });
    });
  `;
  const code = `${prelude}\n(async () => { ${body} })();`;
  const outcome = await run(process.execPath, ['-e', code], environment(registry));
  const line = outcome.stdout.split('\n').find((text) => text.startsWith('REPORT '));
  const report = line === undefined ? {} : (JSON.parse(line.slice(7)) as Record<string, unknown>);
  return { ...outcome, report };
}

const PIPELINE = 'videotestsrc num-buffers=50 ! jpegenc ! kvssink stream-name=s';
const LIVE = 'videotestsrc is-live=true ! jpegenc ! kvssink stream-name=s';

test('every frame is pulled, EOS follows the answer to the drain, and the process ends by itself', async () => {
  const { code, report, stderr } = await script(`
    addon.start(pull);
    const pipeline = addon.parseLaunch(${JSON.stringify(PIPELINE)});
    const eos = message(pipeline, (m) => m.type === 'eos');
    const state = await pipeline.setState('playing', 5000);
    const seen = await eos;
    await pipeline.dispose();
    report({ state, counts, fromPipeline: seen.fromPipeline, version: addon.gstreamerVersion });
  `);
  assert.equal(code, 0, stderr);
  assert.equal(report['state'], 'success');
  assert.equal(report['fromPipeline'], true);
  assert.match(String(report['version']), /^1\.\d+\.\d+$/);
  // Two caps where the encoder knows the frame rate later only; the rest once.
  const { 2: caps, 13: sources, ...rest } = report['counts'] as Record<string, number>;
  assert.ok((caps ?? 0) >= 1);
  // The source is described as not live, and again when it is ahead of the clock, as nothing slows it
  // down but the machine.
  assert.ok(sources === 1 || sources === 2, `${sources}`);
  assert.deepEqual(rest, { 1: 1, 3: 50, 5: 1, 6: 1, 10: 1 });
});

test('an array of words is parsed as gst-launch-1.0 does; a wrong one throws its text', async () => {
  const { report } = await script(`
    addon.start(pull);
    let text = '';
    try { addon.parseLaunch(['nosuchelement', '!', 'kvssink']); } catch (error) { text = error.message; }
    const pipeline = addon.parseLaunch(['kvssink', 'stream-name=with blank']);
    report({ text, name: pipeline.name });
    await pipeline.dispose();
  `);
  assert.match(String(report['text']), /no element "nosuchelement"/);
  assert.match(String(report['name']), /^pipeline\d+$/);
});

test('errors of a failed start arrive with text, details and path', async () => {
  const { code, report, stderr } = await script(`
    addon.start(pull);
    const pipeline = addon.parseLaunch('filesrc location=/nowhere/x ! h264parse ! kvssink stream-name=s');
    const error = message(pipeline, (m) => m.type === 'error');
    const state = await pipeline.setState('playing');
    const seen = await error;
    await pipeline.dispose();
    report({ state, seen });
  `);
  assert.equal(code, 0, stderr);
  assert.equal(report['state'], 'failure');
  const seen = report['seen'] as Record<string, unknown>;
  assert.match(String(seen['text']), /not found/);
  assert.equal(seen['domain'], 'gst-resource-error-quark');
  assert.match(String(seen['path']), /^\/GstPipeline:.*filesrc0$/);
  assert.match(String(seen['debug']), /nowhere/);
});

test('messages to an element become bus messages; a gone element says so', async () => {
  const { report } = await script(`
    addon.start(pull);
    const pipeline = addon.parseLaunch(${JSON.stringify(LIVE)});
    const element = message(pipeline, (m) => m.type === 'element' && m.structureName === 'kvs-connection');
    await pipeline.setState('playing');
    const sent = addon.send(1, 5, 0n, 'kvs-connection, state=(string)streaming;');
    const unknown = addon.send(99, 5, 0n, 'x;');
    const seen = await element;
    await pipeline.dispose();
    report({ sent, unknown, structure: seen.structure, sourceType: seen.sourceType, after: addon.send(1, 5, 0n, 'x;') });
  `);
  assert.equal(report['sent'], true);
  assert.equal(report['unknown'], false);
  assert.equal(report['after'], false);
  assert.match(String(report['structure']), /^kvs-connection, state=\(string\)streaming;$/);
});

test('a fatal error of the core is a bus error', async () => {
  const { report } = await script(`
    addon.start(pull);
    const pipeline = addon.parseLaunch(${JSON.stringify(LIVE)});
    const error = message(pipeline, (m) => m.type === 'error' && m.source.startsWith('kvssink'));
    await pipeline.setState('playing');
    addon.send(1, 3, 0n, 'kvs-error, domain=(string)gst-stream-error-quark, code=(int)1, text=(string)refused, debug=(string)why;');
    const seen = await error;
    await pipeline.dispose();
    report(seen);
  `);
  assert.equal(report['text'], 'refused');
  assert.equal(report['domain'], 'gst-stream-error-quark');
  assert.equal(report['code'], 1);
});

test('stopping off the JavaScript thread waits for the drain, which JavaScript answers meanwhile', async () => {
  const { code, report, stderr } = await script(`
    let frames;
    const first = new Promise((resolve) => { frames = resolve; });
    addon.start((id) => { pull(id); if (counts[3] > 5) frames(); });
    const pipeline = addon.parseLaunch(${JSON.stringify(LIVE)});
    pipeline.onMessage(() => {});
    await pipeline.setState('playing');
    await first;
    const state = await pipeline.setState('null');
    report({ state, drains: counts[6], closes: counts[10] ?? 0 });
    await pipeline.dispose();
  `);
  assert.equal(code, 0, stderr);
  assert.equal(report['state'], 'success');
  assert.equal(report['drains'], 1);
});

test('sendEos does not deadlock against an offline push that waits for JavaScript', async () => {
  const { code, report, stderr } = await script(`
    const ids = new Set();
    let open = false;
    addon.start((id) => { ids.add(id); if (open) pull(id); });
    const pipeline = addon.parseLaunch(
      'fakesrc sizetype=fixed sizemax=1000000 filltype=zero format=time ! image/jpeg ! ' +
      'kvssink streaming-type=offline stream-name=s');
    const eos = message(pipeline, (m) => m.type === 'eos');
    await pipeline.setState('playing');
    const sent = pipeline.sendEos();
    open = true;
    for (const id of ids) pull(id);
    report({ sent: await sent, eos: (await eos).type });
    await pipeline.dispose();
  `);
  assert.equal(code, 0, stderr);
  assert.deepEqual(report, { sent: true, eos: 'eos' });
});

test('a live pipeline is not held up by JavaScript that does not pull', async () => {
  const { code, report, stderr } = await script(`
    addon.start(() => {});
    const pipeline = addon.parseLaunch(
      'fakesrc is-live=true num-buffers=100 sizetype=fixed sizemax=1000000 filltype=zero format=time ! image/jpeg ! ' +
      'identity name=i ! kvssink stream-name=s storage-size=16 stop-stream-timeout=1');
    const dropped = message(pipeline, (m) => m.structureName === 'kvs-dropped-frames');
    await pipeline.setState('playing');
    report({ structure: (await dropped).structure });
    process.exit(0);
  `);
  assert.equal(code, 0, stderr);
  assert.match(String(report['structure']), /bridge-full/);
});

for (const [how, statement] of [
  ['process.exit', 'process.exit(7)'],
  ['an uncaught error', 'setImmediate(() => { throw new Error("on purpose"); })'],
]) {
  test(`${how} while playing ends the process at once, twenty times`, async () => {
    for (let i = 0; i < 20; i++) {
      const { code, signal, stderr } = await script(`
        addon.start((id) => { pull(id); if (counts[3] > ${i % 5}) ${statement}; });
        const pipeline = addon.parseLaunch(${JSON.stringify(LIVE)});
        pipeline.onMessage(() => {});
        await pipeline.setState('playing');
      `);
      assert.equal(signal, null);
      assert.equal(code, how === 'process.exit' ? 7 : 1, stderr);
    }
  });
}

test('process.exit while an offline push waits ends the process', async () => {
  const { code, stderr } = await script(`
    addon.start(() => {});
    const pipeline = addon.parseLaunch(
      'fakesrc sizetype=fixed sizemax=1000000 filltype=zero format=time ! image/jpeg ! ' +
      'kvssink streaming-type=offline stream-name=s');
    pipeline.onMessage(() => {});
    await pipeline.setState('playing');
    void pipeline.setState('null');
    process.exit(7);
  `);
  assert.equal(code, 7, stderr);
});

test('an element without a started bridge fails with a text that says what to do', async () => {
  const { report } = await script(`
    const pipeline = addon.parseLaunch(${JSON.stringify(PIPELINE)});
    const error = message(pipeline, (m) => m.type === 'error');
    const state = await pipeline.setState('playing');
    report({ state, text: (await error).text });
    await pipeline.dispose();
  `);
  assert.equal(report['state'], 'failure');
  assert.match(String(report['text']), /is not running/);
});

test('two elements share the doorbell, each with its own id', async () => {
  const { report } = await script(`
    const frames = {};
    addon.start((id) => { const before = counts[3] ?? 0; pull(id); frames[id] = (frames[id] ?? 0) + (counts[3] ?? 0) - before; });
    const pipeline = addon.parseLaunch(
      'videotestsrc num-buffers=20 ! jpegenc ! kvssink stream-name=a ' +
      'videotestsrc num-buffers=30 ! jpegenc ! kvssink stream-name=b');
    const eos = message(pipeline, (m) => m.type === 'eos');
    await pipeline.setState('playing');
    await eos;
    await pipeline.dispose();
    report({ frames: Object.values(frames).sort() });
  `);
  assert.deepEqual(report['frames'], [20, 30]);
});
