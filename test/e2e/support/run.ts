import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findNativeFiles } from '../../../src/host/native/native-files.ts';
import {
  LOCAL_ACCESS_KEY_ID,
  LOCAL_SECRET_ACCESS_KEY,
} from '../../../src/local/sigv4/credential-store.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';

/** The two commands that every pipeline must run under, with the same outcome. */
export const WAYS = ['gst-launch-1.0', 'kvs-launch'] as const;
export type Way = (typeof WAYS)[number];

/** What became of a program. */
export type Finished = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A program that is running. */
export type Running = {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves when the output matches; rejects when the program ends first. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
};

/** A pipeline that hangs ends by this, and its test fails on the signal. */
const PATIENCE_MS = 120_000;

/** The environment in which a pipeline finds the plugin, the service and its keys. */
export function pipelineEnvironment(
  url: string | undefined,
  more: Record<string, string | undefined> = {},
): NodeJS.ProcessEnv {
  const { pluginFolder } = findNativeFiles();
  const registry = process.env['GST_REGISTRY'];
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(AWS|KVS|KVSSINK|GST|CONTROL_PLANE)_/.test(name)) env[name] = value;
  }
  return {
    ...env,
    // Of this run of the tests (scripts/test.mjs), or the user's.
    ...(registry === undefined ? {} : { GST_REGISTRY: registry }),
    GST_PLUGIN_PATH: pluginFolder,
    KVS_NODE: process.execPath,
    AWS_ACCESS_KEY_ID: LOCAL_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: LOCAL_SECRET_ACCESS_KEY,
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: '/nonexistent',
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/tmp', '.cache'),
    ...(url === undefined ? {} : { CONTROL_PLANE_URI: url }),
    ...more,
  };
}

/** Starts a program that ends with the test at the latest. */
export function start(
  t: TestContext,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd = process.cwd(),
  stdin: 'ignore' | 'pipe' = 'ignore',
): Running {
  const child = spawn(command, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout?.on('data', (text: Buffer) => {
    stdout += text.toString();
    for (const watch of watchers) watch();
  });
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
    for (const watch of watchers) watch();
  });
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      resolve({ code, signal, stdout, stderr });
      for (const watch of watchers) watch();
    });
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await finished.catch(() => {});
  });
  const output = (): string => stdout + stderr;
  const printed = (pattern: RegExp): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        const match = output().match(pattern);
        if (match) {
          resolve(match);
        } else if (child.exitCode !== null || child.signalCode !== null) {
          reject(new Error(`It ended without printing ${pattern}:\n${output()}`));
        } else {
          return;
        }
        watchers.delete(watch);
      };
      watchers.add(watch);
      watch();
    });
  return { child, finished, output, printed };
}

/** Starts a pipeline in one of the two ways. The arguments are gst-launch-1.0's. */
export function startPipeline(
  t: TestContext,
  way: Way,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Running {
  if (way === 'gst-launch-1.0') return start(t, way, args, env);
  return start(t, process.execPath, [join(packageRoot, 'bin', 'kvs-launch.js'), ...args], env);
}

/** Splits a launch line at blanks; no argument of a test has one inside. */
export function words(line: string): string[] {
  return line.trim().split(/\s+/);
}
