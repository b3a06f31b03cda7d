import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** The start of the machine, which all processes agree on whatever its clock shows. */
export type MachineStart = {
  /** Another one after each start; undefined where the system does not tell. */
  readonly id: string | undefined;
  /** Since then, suspended or not; to hundredths of a second. */
  uptimeMs(): number;
};

/** Undefined until somebody asks; null where the system does not tell. */
let bootId: string | null | undefined;

/** Of this machine. */
export const machineStart: MachineStart = {
  get id() {
    if (bootId === undefined) bootId = read('/proc/sys/kernel/random/boot_id') ?? null;
    return bootId ?? undefined;
  },
  // os.uptime() counts whole seconds.
  uptimeMs: () => Number.parseFloat(read('/proc/uptime') ?? String(uptime())) * 1000,
};

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined;
  }
}
