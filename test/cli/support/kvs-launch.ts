import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { pipelineEnvironment, type Running, start } from '../../e2e/support/run.ts';

/** The command as npm links it. */
export const COMMAND = join(packageRoot, 'bin', 'kvs-launch.js');

/** Starts kvs-launch with the local service's keys. */
export function startCommand(
  t: TestContext,
  url: string | undefined,
  args: readonly string[],
  more: Record<string, string | undefined> = {},
): Running {
  const env = pipelineEnvironment(url, { AWS_REGION: 'us-west-2', ...more });
  return start(t, process.execPath, [COMMAND, ...args], env);
}

/** What it printed on standard output; an exit code other than 0 is the test's failure. */
export async function resultOf(
  t: TestContext,
  url: string | undefined,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await startCommand(t, url, args).finished;
  if (code !== 0) throw new Error(`kvs-launch ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}
