/** The folder of a day: `2026-11-30`, UTC. */
export function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** Whether a file's name is that of a day's folder. */
export function isDay(name: string): boolean {
  return /^\d{4,}-\d\d-\d\d$/.test(name);
}

/**
 * The name of a part that begins at this time: `14-05-09`, UTC, and `14-05-09-2` for the second.
 * @param taken names that others of the day have.
 */
export function partName(epochMs: number, taken: ReadonlySet<string>): string {
  const time = new Date(epochMs).toISOString().slice(11, 19).replaceAll(':', '-');
  let name = time;
  for (let count = 2; taken.has(name); count++) name = `${time}-${count}`;
  return name;
}
