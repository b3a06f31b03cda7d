// The commands of docs/2-use/recipes.md with a test picture, and the files of the platforms in examples/.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext, test } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Secret } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import type { LocalService } from '../../src/local/options.ts';
import { packageRoot } from '../../src/runtime/package-root.ts';
import { freePort } from '../e2e/support/free-port.ts';
import { media } from '../e2e/support/media.ts';
import { assertWatchedToTheEnd, startRtspCamera } from '../e2e/support/rtsp-camera.ts';
import { pipelineEnvironment, type Running, start } from '../e2e/support/run.ts';
import { storedFrames } from '../e2e/support/stored.ts';
import { packetsOf } from '../e2e/support/tools.ts';
import { startService, temporaryFolder } from '../local/support/service.ts';
import { blocksOf, commandsOf } from './pages.ts';

const PAGE = 'docs/2-use/recipes.md';
const FRAMES = 45;

/** The page's command that has this text. */
function command(text: string): string {
  const found = commandsOf(PAGE).filter((each) => each.includes(text));
  assert.equal(found.length, 1, `commands with ${text}`);
  return found[0] ?? '';
}

/** Runs a command as a shell does where kvs-launch is installed. */
function shell(
  t: TestContext,
  service: LocalService,
  line: string,
  more: Record<string, string> = {},
): Running {
  const folder = temporaryFolder(t);
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  symlinkSync(join(packageRoot, 'bin', 'kvs-launch.js'), join(programs, 'kvs-launch'));
  const PATH = `${programs}:${process.env['PATH']}`;
  const env = pipelineEnvironment(service.url, { AWS_REGION: 'us-west-2', PATH, ...more });
  // Three frames of bytes, in the place of those of a camera.
  const frames = `import sys\nsys.stdout.buffer.write(bytes(640 * 360 * 3 * ${FRAMES}))\n`;
  writeFileSync(join(folder, 'frames.py'), frames);
  return start(t, 'bash', ['-c', `set -o pipefail; ${line}`], env, folder);
}

async function frameCount(service: LocalService, stream: string, track = 1): Promise<number> {
  return (await storedFrames(service, stream)).filter((frame) => frame.track === track).length;
}

describe('the recipes', () => {
  it('ffmpeg through a pipe', async (t) => {
    const service = await startService(t);
    const line = command('-i INPUT').replace('-re -i INPUT', `-i ${media('av.mkv')}`);
    const { code, stderr } = await shell(t, service, line).finished;
    assert.equal(code, 0, stderr);
    assert.equal(await frameCount(service, 'ffmpeg'), 150);
  });

  it('ffmpeg as an RTMP server, with a publisher', async (t) => {
    const service = await startService(t);
    const address = `127.0.0.1:${await freePort()}`;
    const copy = join(temporaryFolder(t), 'copy.mkv');
    const line = command('-listen 1').replace('0.0.0.0:1935', address);
    const server = shell(t, service, line.replace(' | ', ` | tee ${copy} | `));
    const publish = `until ffmpeg -v error -i ${media('av.mp4')} -c copy -f flv rtmp://${address}/live/door
      do sleep 0.1; done`;
    const publisher = await shell(t, service, publish).finished;
    assert.equal(publisher.code, 0, publisher.stderr);
    const { code, stderr } = await server.finished;
    assert.equal(code, 0, stderr);
    // ffmpeg may miss what a publisher sends last; what it has written is stored.
    const written = packetsOf(copy).length;
    assert.ok(written > 120, `${written} frames`);
    assert.equal(await frameCount(service, 'door'), written);
    assert.equal(await frameCount(service, 'door', 2), packetsOf(copy, 'a:0').length);
  });

  it('mediamtx starts a command that streams its path', async (t) => {
    const service = await startService(t);
    const camera = await startRtspCamera(t, FRAMES, 'tcp');
    const [block] = blocksOf(PAGE).filter(({ lines }) => lines.join().includes('runOnReady'));
    const { pathDefaults } = parse(block?.lines.join('\n') ?? '');
    assert.equal(pathDefaults.runOnReadyRestart, 'yes');
    const { port, pathname } = new URL(camera.url);
    const line = pathDefaults.runOnReady.replace('rtsp ', 'rtsp --once ');
    const variables = { MTX_PATH: pathname.slice(1), RTSP_PORT: port };
    const outcome = await shell(t, service, line, variables).finished;
    assertWatchedToTheEnd(outcome);
    assert.equal(await frameCount(service, 'camera'), FRAMES);
  });

  it('go2rtc and Frigate serve by RTSP what one command streams', async (t) => {
    const service = await startService(t);
    const camera = await startRtspCamera(t, FRAMES, 'tcp');
    const line = command('kvs-launch rtsp --stream-name garden')
      .replace('rtsp://127.0.0.1:8554/garden', camera.url)
      .replace('rtsp ', 'rtsp --once ');
    assertWatchedToTheEnd(await shell(t, service, line).finished);
    assert.equal(await frameCount(service, 'garden'), FRAMES);
  });

  it('raw frames of a Python program', async (t) => {
    const service = await startService(t);
    const { code, stderr } = await shell(t, service, command('rawvideoparse')).finished;
    assert.equal(code, 0, stderr);
    assert.equal(await frameCount(service, 'pipe'), FRAMES);
  });

  it('their YAML can be read', () => {
    const blocks = blocksOf(PAGE).filter(({ language }) => language === 'yaml');
    assert.equal(blocks.length, 3);
    for (const { lines } of blocks) assert.equal(typeof parse(lines.join('\n')), 'object');
  });
});

test('the Kubernetes manifest is valid by the schemas of its kinds', () => {
  const text = readFileSync(join(packageRoot, 'examples', 'kubernetes', 'camera.yaml'), 'utf8');
  const kinds: string[] = [];
  for (const document of parseAllDocuments(text)) {
    const manifest = document.toJS();
    const Kind = manifest.kind === 'Deployment' ? Deployment : Secret;
    new Kind(manifest).validate();
    kinds.push(`${manifest.apiVersion} ${manifest.kind}`);
    // The schema refuses what it does not know: the test would notice.
    const nameless = new Kind({ ...manifest, metadata: { name: 7 } });
    assert.throws(() => nameless.validate());
  }
  assert.deepEqual(kinds, ['v1 Secret', 'v1 Secret', 'apps/v1 Deployment']);
});

test("the Kubernetes manifest's probe, command and secrets are those of kvs-launch", () => {
  const text = readFileSync(join(packageRoot, 'examples', 'kubernetes', 'camera.yaml'), 'utf8');
  const [camera, , deployment] = parseAllDocuments(text).map((document) => document.toJS());
  const { containers } = deployment.spec.template.spec;
  assert.deepEqual(containers[0].livenessProbe.exec.command, ['kvs-launch', 'health']);
  assert.equal(containers[0].args[0], 'rtsp');
  assert.deepEqual(Object.keys(camera.stringData), ['RTSP_URL']);
  const { matchLabels } = deployment.spec.selector;
  assert.deepEqual(deployment.spec.template.metadata.labels, matchLabels);
});

test('the Greengrass recipe has the form of 2020-01-25, and runs kvs-launch with its configuration', () => {
  const text = readFileSync(join(packageRoot, 'examples', 'greengrass', 'recipe.yaml'), 'utf8');
  const recipe = parse(text);
  // https://docs.aws.amazon.com/greengrass/v2/developerguide/component-recipe-reference.html
  assert.deepEqual(Object.keys(recipe), [
    ...['RecipeFormatVersion', 'ComponentName', 'ComponentVersion', 'ComponentDescription'],
    ...['ComponentPublisher', 'ComponentConfiguration', 'ComponentDependencies', 'Manifests'],
  ]);
  assert.equal(recipe.RecipeFormatVersion, '2020-01-25');
  assert.match(recipe.ComponentVersion, /^\d+\.\d+\.\d+$/);
  const exchange = recipe.ComponentDependencies['aws.greengrass.TokenExchangeService'];
  assert.equal(exchange.DependencyType, 'HARD');
  const [manifest] = recipe.Manifests;
  assert.deepEqual(Object.keys(manifest), ['Platform', 'Lifecycle', 'Artifacts']);
  const configuration = recipe.ComponentConfiguration.DefaultConfiguration;
  const named = [...text.matchAll(/\{configuration:\/(\w+)\}/g)].map(([, name = '']) => name);
  assert.deepEqual(named.sort(), Object.keys(configuration).sort());
});
