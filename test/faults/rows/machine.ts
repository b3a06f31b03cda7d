import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, sawItself, sessionWasOpen } from '../support/fault.ts';
import type { Stage } from '../support/stage.ts';

const FAKETIME = readdirSync('/usr/lib')
  .map((name) => join('/usr/lib', name, 'faketime', 'libfaketime.so.1'))
  .find((path) => existsSync(path));
function missingFaketime(): string | undefined {
  return FAKETIME === undefined ? 'libfaketime (Debian: libfaketime) is not installed' : undefined;
}

/** A file that says by how much the host's wall clock is wrong. */
function clockFile(stage: Stage): string {
  return join(stage.folder, 'clock');
}
function setClock(stage: Stage, by: string): void {
  writeFileSync(clockFile(stage), `${by}\n`);
}

/** The host runs in a clock of its own; what is monotonic stays. */
function ownClock(stage: Stage): Readonly<Record<string, string>> {
  const node = join(stage.folder, 'node');
  const settings = [
    `LD_PRELOAD=${FAKETIME}`,
    `FAKETIME_TIMESTAMP_FILE=${clockFile(stage)}`,
    ...['FAKETIME_NO_CACHE=1', 'DONT_FAKE_MONOTONIC=1', 'NO_FAKE_STAT=1'],
  ];
  writeFileSync(node, `#!/bin/sh\nexec env ${settings.join(' ')} ${process.execPath} "$@"\n`);
  chmodSync(node, 0o755);
  return { KVS_NODE: node };
}

function clockStepped(name: string, by: string): Fault {
  return {
    name,
    goal: 'nothing lost',
    strikes: ({ front }) => front.missigned,
    missing: missingFaketime,
    environment: ownClock,
    arrange: (stage) => setClock(stage, '+0'),
    strike: (stage) => {
      setClock(stage, by);
      // A new session has to sign with it.
      stage.network.reset();
    },
  };
}

const DEATHS = 3;

/** The machine that the pipeline runs on, and the pipeline's processes. */
export const MACHINE_FAULTS: readonly Fault[] = [
  clockStepped('clock steps an hour ahead, and a reset', '+3600'),
  clockStepped('clock steps an hour back, and a reset', '-3600'),
  {
    name: 'the disk of the log is full',
    goal: 'nothing lost',
    strikes: sawItself,
    environment: () => ({ KVS_LOG_FILE: '/dev/full', KVS_LOG_LEVEL: 'debug' }),
    strike: (stage) => {
      stage.strikes = stage.pipeline.hostFiles().filter((path) => path === '/dev/full').length;
    },
  },
  {
    name: 'host killed (SIGKILL)',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ pipeline }) => {
      pipeline.signalHost('SIGKILL');
    },
  },
  {
    name: 'host killed three times in a row',
    goal: 'nothing lost',
    strikes: ({ strikes }) => Math.floor(strikes / DEATHS),
    strike: async (stage) => {
      const dead = new Set<number>();
      for (let death = 0; death < DEATHS; death += 1) {
        dead.add(stage.pipeline.signalHost('SIGKILL'));
        await pause(1_500);
      }
      stage.strikes = dead.size;
    },
  },
  {
    name: 'host stopped (SIGSTOP)',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ pipeline }) => {
      pipeline.signalHost('SIGSTOP');
    },
  },
  {
    name: 'application and host stopped for 5 s',
    goal: 'nothing lost',
    strikes: sessionWasOpen,
    strike: ({ pipeline }) => {
      pipeline.signalHost('SIGSTOP');
      pipeline.signal('SIGSTOP');
    },
    lastsMs: 5_000,
    mend: ({ pipeline }) => {
      pipeline.signalHost('SIGCONT');
      pipeline.signal('SIGCONT');
    },
  },
];
