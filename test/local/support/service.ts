import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LocalService, LocalServiceOptions } from '../../../src/local/options.ts';
import { startLocalService } from '../../../src/local/service.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-local-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A service that is closed after the test, with the local key alone. */
export async function startService(
  t: TestContext,
  options: Partial<LocalServiceOptions> = {},
): Promise<LocalService> {
  const service = await startLocalService({
    dataDir: options.dataDir ?? temporaryFolder(t),
    ...options,
  });
  t.after(() => service.close());
  return service;
}
