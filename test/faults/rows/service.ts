import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../../e2e/support/tools.ts';
import { type Fault, sessionWasOpen } from '../support/fault.ts';
import { missingMounts } from '../support/namespaces.ts';
import type { Stage } from '../support/stage.ts';

const FIRST_KEY = { id: 'AKIAFIRST00000000000', secret: 'the-first-secret-key' };
const SECOND_KEY = { id: 'AKIASECOND0000000000', secret: 'the-second-secret-key' };

/** Writes the file that the pipeline reads its keys from, and the service takes them from now on. */
function credentialFile(stage: Stage): string {
  return join(stage.folder, 'credential');
}
function writeKey(stage: Stage, { id, secret }: typeof FIRST_KEY): void {
  writeFileSync(credentialFile(stage), `CREDENTIALS ${id} ${secret}\n`);
}

/** A disk for what the service stores, of this size. */
function smallDisk(stage: Stage, bytes: number): void {
  tool('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', stage.dataDir]);
  stage.afterwards(() => void tool('umount', ['--lazy', stage.dataDir]));
}

const DISK_BYTES = 4 * 1024 * 1024;
const FILL = 'fills-the-disk';

/** The service itself. */
export const SERVICE_FAULTS: readonly Fault[] = [
  {
    name: 'service killed, and started again after 3 s',
    goal: 'nothing lost',
    strikes: ({ front }) => front.unreached,
    strike: ({ service }) => service.kill(),
    lastsMs: 3_000,
    mend: ({ service }) => service.start(),
  },
  {
    name: 'service stopped (SIGSTOP) for 5 s',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ service }) => service.signal('SIGSTOP'),
    lastsMs: 5_000,
    mend: ({ service }) => service.signal('SIGCONT'),
  },
  {
    name: 'service not there for the first 5 s',
    goal: 'nothing lost',
    strikes: ({ front }) => front.unreached,
    from: 'start',
    strike: ({ service }) => service.kill(),
    lastsMs: 5_000,
    mend: ({ service }) => service.start(),
  },
  {
    name: 'credentials expired; 3 s later the credential file has new ones',
    goal: 'nothing lost',
    strikes: ({ front }) => front.rejected,
    arrange: (stage) => {
      writeKey(stage, FIRST_KEY);
      stage.extraProperties = `credential-path=${credentialFile(stage)}`;
      stage.service.takeKeys({ [FIRST_KEY.id]: { secretAccessKey: FIRST_KEY.secret } });
    },
    // They would go before the file.
    environment: () => ({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined }),
    strike: ({ service, network }) => {
      service.takeKeys({
        [FIRST_KEY.id]: { secretAccessKey: FIRST_KEY.secret, expiresAtMs: Date.now() - 1_000 },
        [SECOND_KEY.id]: { secretAccessKey: SECOND_KEY.secret },
      });
      network.reset();
    },
    lastsMs: 3_000,
    mend: (stage) => writeKey(stage, SECOND_KEY),
  },
  {
    name: "the service's disk is full for 4 s",
    goal: 'nothing lost',
    strikes: ({ front }) => front.rejected,
    missing: missingMounts,
    arrange: (stage) => smallDisk(stage, DISK_BYTES),
    strike: ({ dataDir }) => {
      mkdirSync(dataDir, { recursive: true });
      try {
        writeFileSync(join(dataDir, FILL), Buffer.alloc(DISK_BYTES));
      } catch {
        // As much as there was room for.
      }
    },
    lastsMs: 4_000,
    mend: ({ dataDir }) => rmSync(join(dataDir, FILL)),
  },
];
