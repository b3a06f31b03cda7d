import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LocalService } from '../../../src/local/options.ts';
import { packageRoot } from '../../../src/runtime/package-root.ts';
import { pipelineEnvironment, type Running, start } from './run.ts';

/** Starts a program of a test folder's python/, which leaves no compiled modules behind. */
export function startPython(
  t: TestContext,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  folder: 'e2e' | 'field' = 'e2e',
): Running {
  const path = join(packageRoot, 'test', folder, 'python', program);
  return start(t, '/usr/bin/python3', [path, ...args], { ...env, PYTHONDONTWRITEBYTECODE: '1' });
}

/** Runs a program of test/e2e/python against a service to its good end. @returns the JSON it prints. */
export async function runPython<Report>(
  t: TestContext,
  service: LocalService,
  program: string,
  ...args: readonly string[]
): Promise<Report> {
  const running = startPython(t, program, args, pipelineEnvironment(service.url));
  const { code, stdout, stderr } = await running.finished;
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout) as Report;
}
