/**
 * One launch string from a command line's arguments, by gst-launch's own rule: the shell has taken
 * its quotes away, so blanks inside an argument are escaped, except between double quotes that the
 * argument itself holds. `stream-name=my stream` stays one value, `video/x-raw, width=320` one caps.
 */
export function launchString(args: readonly string[]): string {
  return args.map(escapeBlanks).join(' ');
}

function escapeBlanks(argument: string): string {
  let escaped = '';
  let inQuotes = false;
  let previous = '';
  for (const character of argument) {
    if (character === '"' && !(inQuotes && previous === '\\')) inQuotes = !inQuotes;
    escaped += character === ' ' && !inQuotes ? '\\ ' : character;
    previous = character;
  }
  return escaped;
}
