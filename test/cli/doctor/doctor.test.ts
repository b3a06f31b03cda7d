// The command, as a user runs it.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SYMPTOMS } from '../../../src/cli/doctor/findings/symptoms.ts';
import { startProbe } from '../../../src/cli/doctor/probe/start-probe.ts';
import { findNativeFiles } from '../../../src/host/native/native-files.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { anchorsOf } from '../../docs/pages.ts';
import { pipelineEnvironment, start, words } from '../../e2e/support/run.ts';
import { storedFrames } from '../../e2e/support/stored.ts';
import { startService, temporaryFolder } from '../../local/support/service.ts';

type Finding = {
  readonly check: string;
  readonly status: string;
  readonly text: string;
  readonly remedy?: string;
  readonly page: string;
};

async function doctor(
  t: TestContext,
  env: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<{ code: number | null; findings: readonly Finding[]; stdout: string }> {
  const command = join(packageRoot, 'bin', 'kvs-launch.js');
  const { code, stdout, stderr } = await start(
    t,
    process.execPath,
    [command, 'doctor', '--json', ...args],
    env,
  ).finished;
  assert.equal(stderr, '');
  const found = JSON.parse(stdout) as readonly Finding[];
  const unmended = found.filter(({ status, remedy }) => /problem|warning/.test(status) && !remedy);
  assert.deepEqual(unmended, [], 'each problem and warning has the line that mends it');
  return { code, findings: found, stdout };
}

function of(findings: readonly Finding[], check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  assert.ok(found, `no finding about ${check}: ${JSON.stringify(findings)}`);
  return found;
}

test('a pipeline that hangs is called that, and one without kvssink is shown where it belongs', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const { code, findings } = await doctor(t, env, ...words('videotestsrc ! fakesink'));
  assert.equal(code, 1);
  assert.match(of(findings, 'pipeline').remedy ?? '', /! kvssink stream-name=/);
  const { outcome } = startProbe(['fakesrc', '!', 'kvssink'], 1000, env, 100);
  const hung = await outcome;
  assert.equal(hung.kind === 'failed' && hung.text, 'It hangs: nothing was heard of it for 100 ms');
});

test('every symptom has its section on the page', () => {
  const anchors = anchorsOf('docs/2-use/troubleshooting.md');
  assert.deepEqual(
    SYMPTOMS.filter((symptom) => !anchors.has(symptom)),
    [],
  );
});

test('a good pipeline and a service that is there have no problem, and nothing is sent', async (t) => {
  const service = await startService(t);
  const { code, findings } = await doctor(
    t,
    pipelineEnvironment(service.url),
    '--duration',
    '1',
    ...words('videotestsrc ! video/x-raw,format=I420 ! x264enc key-int-max=25 bframes=0 '),
    ...words('! h264parse ! kvssink stream-name=door storage-size=64'),
  );
  assert.equal(code, 0, JSON.stringify(findings));
  assert.match(of(findings, 'media').text, /video\/x-h264, .*, avc, alignment=au, 320x240, 30 fps/);
  assert.equal(of(findings, 'key frames').status, 'ok');
  assert.equal(of(findings, 'DescribeStream').status, 'ok');
  // The pipeline's own settings, and not the defaults.
  assert.match(of(findings, 'DescribeStream').text, /no stream door: the pipeline creates it/);
  assert.match(of(findings, 'memory').text, /storage-size is 64 MiB/);
  assert.equal((await storedFrames(service, 'door')).length, 0);
});

test('a live pipeline with B-frames and a key frame every 30 s is told both', async (t) => {
  const service = await startService(t);
  const { code, findings } = await doctor(
    t,
    pipelineEnvironment(service.url),
    '--duration',
    '1',
    ...words('videotestsrc is-live=true ! video/x-raw,format=I420,framerate=25/1 ! x264enc'),
    ...words(
      'bframes=2 rc-lookahead=0 sliced-threads=true key-int-max=750 ! kvssink stream-name=door',
    ),
  );
  assert.equal(code, 1);
  assert.equal(of(findings, 'key frames').status, 'problem');
  assert.match(of(findings, 'key frames').text, /1[0-3](\.\d+)? s apart or more/);
  assert.equal(of(findings, 'B-frames').status, 'warning');
});

test('without GStreamer it still ends, names the packages, and looks at the rest', async (t) => {
  const service = await startService(t);
  const path = join(temporaryFolder(t), 'bin');
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  const env = pipelineEnvironment(service.url, { PATH: path });
  const { code, findings } = await doctor(t, env);
  assert.equal(code, 1);
  assert.equal(of(findings, 'GStreamer').status, 'problem');
  assert.match(of(findings, 'GStreamer').remedy ?? '', /apt-get install gstreamer1\.0-tools/);
  for (const check of ['elements', 'plugins', 'kvssink', 'encoder']) {
    assert.equal(of(findings, check).status, 'skipped', check);
  }
  assert.equal(of(findings, 'credentials').status, 'ok');
});

test('a plugin that GStreamer has blacklisted, and another kvssink, are found for real', async (t) => {
  const service = await startService(t);
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'libgstbroken.so'), 'no library');
  const { pluginFolder } = findNativeFiles();
  copyFileSync(join(pluginFolder, 'libgstkvssink.so'), join(folder, 'libgstkvssink.so'));
  const registry = join(folder, 'registry.bin');
  const env = pipelineEnvironment(service.url, { GST_PLUGIN_PATH: folder, GST_REGISTRY: registry });
  const { code, findings } = await doctor(t, env);
  assert.equal(code, 1);
  assert.match(of(findings, 'plugins').text, /libgstbroken\.so/);
  assert.equal(of(findings, 'plugins').remedy?.split('\n')[0], `rm -f ${registry}`);
  assert.equal(of(findings, 'kvssink').status, 'warning');
  assert.match(of(findings, 'kvssink').text, new RegExp(folder));
});

test('an element that is missing in the pipeline is the problem that is told', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const missing = await doctor(t, env, ...words('videotestsrc ! vaapih264enc9 ! kvssink'));
  assert.equal(missing.code, 1);
  assert.match(of(missing.findings, 'pipeline').text, /no element "vaapih264enc9"/);
  assert.match(of(missing.findings, 'pipeline').page, /#no-element-or-the-wrong-kvssink$/);
});

test('keys of the pipeline are used, and printed nowhere', async (t) => {
  const service = await startService(t);
  const { code, findings, stdout } = await doctor(
    t,
    pipelineEnvironment(service.url),
    '--duration',
    '1',
    ...words('videotestsrc ! x264enc ! kvssink stream-name=s'),
    ...words('access-key=AKIAIOSFODNN7EXAMPLE secret-key=verysecretvalue'),
  );
  assert.equal(code, 1);
  assert.match(of(findings, 'credentials').text, /From properties, key …MPLE/);
  assert.match(of(findings, 'DescribeStream').text, /UnrecognizedClientException/);
  assert.equal(stdout.includes('verysecretvalue'), false);
});

test('--send needs a name, then sends, and measures the line', async (t) => {
  const service = await startService(t);
  const env = pipelineEnvironment(service.url);
  const command = join(packageRoot, 'bin', 'kvs-launch.js');
  const refused = await start(t, process.execPath, [command, 'doctor', '--send'], env).finished;
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /--send needs --stream-name/);
  const making = words('-q videotestsrc num-buffers=5 ! x264enc ! kvssink stream-name=line');
  const made = await start(t, process.execPath, [command, ...making], env).finished;
  assert.equal(made.code, 0, made.stderr);
  const { findings } = await doctor(t, env, '--stream-name', 'line', '--send');
  assert.equal(of(findings, 'PutMedia').status, 'ok');
  assert.match(of(findings, 'PutMedia').text, /\d Mbit\/s upstream/);
});

test('a check that hangs ends with its time, and the rest is printed for people', async (t) => {
  // It takes connections, and never answers.
  const { createServer } = await import('node:net');
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await new Promise<void>((resolve) => silent.once('listening', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const command = join(packageRoot, 'bin', 'kvs-launch.js');
  const startedMs = performance.now();
  const { code, stdout } = await start(
    t,
    process.execPath,
    [command, 'doctor'],
    pipelineEnvironment(`http://127.0.0.1:${port}`),
  ).finished;
  assert.equal(code, 1);
  assert.ok(performance.now() - startedMs < 20_000, 'it takes too long');
  assert.match(stdout, /^problem {2}service: .*no answer.*\n {9}→ Open port/m);
  assert.match(stdout, /troubleshooting\.md#the-service-cannot-be-reached/);
  assert.match(stdout, /^\d+ problems?, \d+ warnings?, \d+ skipped, \d+ ok\.$/m);
});
