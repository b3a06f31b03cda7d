import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SinkService } from './lib/service.ts';
import { pluginSubject } from './lib/subjects.ts';

/** Lets kvssink send the file once and keeps the PutMedia body, for the bare client to send. */
export function recordBody(service: SinkService, file: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvs-bench-body-'));
  const subject = pluginSubject(service, file, 'fast');
  const { status } = spawnSync(subject.command, subject.args, {
    env: { ...subject.env, KVS_DEBUG_DUMP_DATA_FILE_DIR: folder },
    stdio: 'inherit',
  });
  const name = readdirSync(folder).find((entry) => entry.endsWith('.mkv'));
  if (status !== 0 || name === undefined || !existsSync(join(folder, name))) {
    throw new Error(`kvssink left no body in ${folder}`);
  }
  return join(folder, name);
}
