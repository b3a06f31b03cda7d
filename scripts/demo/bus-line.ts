/** The fields of one `gst-launch-1.0 -m` line, by name; values as text. */
export type BusMessage = {
  /** Name of the structure, e.g. `kvs-metrics`. */
  readonly name: string;
  number(field: string): number;
  text(field: string): string | undefined;
};

const MESSAGE = /^Got message #\d+ from .*? \(element\): ([\w-]+), (.*);$/;
const FIELD = /([\w-]+)=\((?:[\w-]+)\)("(?:[^"\\]|\\.)*"|[^,;]*)/g;

/** Reads a line that gst-launch-1.0 printed for an ELEMENT message; undefined for all others. */
export function parseBusLine(line: string): BusMessage | undefined {
  const match = MESSAGE.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const [, name, value] of match[2].matchAll(FIELD)) {
    if (name !== undefined && value !== undefined) {
      fields.set(name, value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'));
    }
  }
  return {
    name: match[1],
    number: (field) => Number(fields.get(field) ?? 0),
    text: (field) => fields.get(field),
  };
}
