// kvs-launch with --status and --metrics, in its own process and with a separate gst-launch-1.0.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostOf } from '../../e2e/support/host.ts';
import { words } from '../../e2e/support/run.ts';
import { startService } from '../../local/support/service.ts';
import { startCommand } from '../support/kvs-launch.ts';

const PRELOAD = join(import.meta.dirname, '..', 'support', 'without-superficial.js');
const WAYS = { 'in process': {}, separate: { NODE_OPTIONS: `--import=${PRELOAD}` } };
const PIPELINE =
  'videotestsrc is-live=true ! video/x-raw,width=160,height=120 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink stream-name=door';

/** The samples by name and labels, as Prometheus's own parser for Python reads them. */
const PARSER = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps({sample.name + "".join("," + v for v in sample.labels.values()): sample.value
    for family in text_string_to_metric_families(sys.stdin.read()) for sample in family.samples}))`;

function parsed(text: string): Record<string, number> {
  const run = spawnSync('/usr/bin/python3', ['-c', PARSER], { input: text, encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Record<string, number>;
}

for (const [way, env] of Object.entries(WAYS)) {
  test(`${way}: Prometheus reads the figures of the streams, and --status json prints them`, async (t) => {
    const { url } = await startService(t);
    const args = ['--status', 'json', '--status-interval', '1', '--metrics', '127.0.0.1:0'];
    const running = startCommand(t, url, [...args, ...words(PIPELINE)], env);
    const [, metrics = ''] = await running.printed(/Metrics at (http:\S+)\/metrics/);
    await running.printed(/"persistedFragments":[1-9]/);
    const samples = parsed(await (await fetch(`${metrics}/metrics`)).text());
    assert.ok((samples['kvs_frames_total,door'] ?? 0) > 15, JSON.stringify(samples));
    assert.ok((samples['kvs_sent_bytes_total,door'] ?? 0) > 1000);
    assert.ok((samples['kvs_fragment_acks_total,door,persisted'] ?? 0) >= 1);
    assert.equal(samples['kvs_connected,door'], 1);
    assert.equal(samples['kvs_healthy'], 1);
    const health = await fetch(`${metrics}/health`);
    assert.equal(health.status, 200);
    assert.equal(((await health.json()) as { text: string }).text, 'Acknowledged: door.');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.finished;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, /fps|persistedFragments/);
    assert.match(stderr, /"connection":"closed".*"bufferSeconds":0,/);
  });
}

test('no counter falls when the host is killed and another takes its place', async (t) => {
  const { url } = await startService(t);
  const args = ['--status', 'off', '--metrics', '127.0.0.1:0'];
  const running = startCommand(t, url, [...args, ...words(PIPELINE)], WAYS.separate);
  const [, metrics = ''] = await running.printed(/Metrics at (http:\S+)\/metrics/);
  const scrape = async () => parsed(await (await fetch(`${metrics}/metrics`)).text());
  const scrapeUntil = async (isEnough: (samples: Record<string, number>) => boolean) => {
    for (;;) {
      const samples = await scrape();
      if (isEnough(samples)) return samples;
      assert.equal(running.child.exitCode, null, running.output());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const persisted = 'kvs_fragment_acks_total,door,persisted';
  const before = await scrapeUntil((samples) => (samples[persisted] ?? 0) >= 2);
  process.kill(hostOf(hostOf(running.child.pid ?? 0)), 'SIGKILL');
  const after = await scrapeUntil(
    (samples) => (samples[persisted] ?? 0) > (before[persisted] ?? 0),
  );
  for (const [name, value] of Object.entries(before)) {
    if (/_total(,|$)/.test(name)) assert.ok((after[name] ?? 0) >= value, `${name} was ${value}`);
  }
  running.child.kill('SIGINT');
  await running.finished;
});
