import { readdirSync, readFileSync } from 'node:fs';

/** The process that the plugin started for a pipeline. */
export function hostOf(parent: number): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(ppid) === parent) return Number(name);
    } catch {
      // It ended while it was looked at.
    }
  }
  throw new Error(`Process ${parent} has no child.`);
}
