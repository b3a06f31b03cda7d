/**
 * A date and a time of day as recorders put them into file names: 2026-11-29_08-00-00,
 * 20261129T080000Z, 2026-11-29 08.00.00.250, CAM1_20261129080000, 2026-11-29T08:00:00+02:00.
 */
const TIME =
  /(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)[-_. T]?(\d\d)([-_.:h]?)(\d\d)\6(\d\d)(?:[.,](\d{1,3}))?(?:(Z)|([+-])(\d\d):?(\d\d))?(?!\d)/i;

/**
 * The time that a file's name has, as UTC unless it says otherwise.
 * @returns epoch ms; undefined where there is none
 */
export function timeInName(name: string): number | undefined {
  const match = TIME.exec(name);
  if (match === null) return undefined;
  const [, year, , month, day, hour, , minute, second, fraction = '', , sign, hours, minutes] =
    match;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields;
  const ms = Date.UTC(y, mo - 1, d, h, mi, s);
  // What Date would turn into another day is no date.
  const isReal =
    new Date(ms).toISOString().slice(0, 19) ===
    `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (!isReal || y < 1990) return undefined;
  const offsetMinutes =
    sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return ms + Number(fraction.padEnd(3, '0')) - offsetMinutes * 60_000;
}
