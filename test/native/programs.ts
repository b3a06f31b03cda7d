import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/runtime/package-root.ts';

const root = packageRoot;

/** The host that test programs and pipelines of this folder talk to. */
export const FAKE_HOST = join(root, 'test', 'fixtures', 'fake-host.mjs');

/** What a child process left behind. */
export type Outcome = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Environment in which GStreamer finds our plugin, and what is written goes with the folder. */
export function environment(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    KVS_HOST_SCRIPT: FAKE_HOST,
    KVS_NODE: process.execPath,
    GST_PLUGIN_PATH: join(root, 'build', 'Release', 'gstreamer-1.0'),
    // Of this run of the tests (scripts/test.mjs): to look at all plugins anew takes a second.
    GST_REGISTRY: process.env['GST_REGISTRY'] ?? join(folder, 'registry.bin'),
    TMPDIR: folder,
  };
}

/** Runs a program to its end; a hung one is killed after three minutes and shows as a signal. */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 180_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Builds what a test needs; quick when nothing changed. */
export async function build(...options: string[]): Promise<void> {
  const script = join(root, 'scripts', 'build-native.mjs');
  const outcome = await run(process.execPath, [script, ...options], process.env);
  if (outcome.code !== 0) throw new Error(outcome.stdout + outcome.stderr);
}

/** Runs `body` with a folder that is removed afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-native-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Path of a test program in that build of them. */
export function program(folder: 'Sanitize' | 'Threads', name: string): string {
  return join(root, 'build', folder, name);
}

/** Lines of the JSON-lines file that the fake host wrote. */
export function parseRecord(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
