// What a compiled file asks of a system, by what readelf and Debian's symbols files say; and whether
// that is no more than the oldest system has on which it is promised to run.

/** Debian 11's. Ubuntu 22.04 and JetPack 6 have GStreamer 1.20, GLib 2.72 and glibc 2.35. */
export const OLDEST = Object.freeze({
  gstreamer: '1.18',
  glib: '2.66',
  GLIBC: '2.31',
  GLIBCXX: '3.4.28',
  CXXABI: '1.3.12',
});

/** By the first letters of a symbol: whose symbols file has it. */
const OWNERS = [
  [/^_?gst_/, 'gstreamer'],
  [/^_?g_/, 'glib'],
];

/**
 * @param dynamic `readelf -W -d`
 * @param dynamicSymbols `readelf -W --dyn-syms`
 * @param symbols Debian's symbols files of the libraries, by the names of OLDEST
 * @param descriptor of a plugin: `objdump -s` of the first eight bytes of its GstPluginDesc
 * @returns the libraries it names; the newest version that it asks of each of OLDEST, with the symbol
 * that does; `descriptor`, the GStreamer that the plugin says it was made for; and `unknown`, symbols
 * of these libraries that their symbols files do not have.
 */
export function needsOf({ dynamic, dynamicSymbols, symbols, descriptor }) {
  const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
  const since = Object.fromEntries(
    Object.entries(symbols).map(([owner, text]) => [owner, symbolsFile(text)]),
  );
  const newest = {};
  const unknown = [];
  const note = (owner, version, symbol) => {
    if (newest[owner] === undefined || compareVersions(version, newest[owner].version) > 0) {
      newest[owner] = { version, symbol };
    }
  };
  for (const [, symbol, set, setVersion] of dynamicSymbols.matchAll(
    /\bUND\s+([\w.]+)(?:@@?([A-Z]+)_([\d.]+))?/g,
  )) {
    if (set in OLDEST) note(set, setVersion, symbol);
    const owner = OWNERS.find(([pattern]) => pattern.test(symbol))?.[1];
    if (owner === undefined) continue;
    const version = since[owner].get(symbol);
    if (version === undefined) unknown.push(symbol);
    else note(owner, version, symbol);
  }
  return { libraries, newest, unknown, descriptor: descriptor && madeFor(descriptor) };
}

/** Since which upstream version a library has each symbol: lines like ` gst_init@Base 1.0.0`. */
function symbolsFile(text) {
  return new Map(
    [...text.matchAll(/^ (?:\([^)]*\))?(\w+)@\S+ ([\d.]+)/gm)].map(([, name, version]) => [
      name,
      version,
    ]),
  );
}

/** The two numbers at the start of a GstPluginDesc, lowest byte first: `12340 01000000 12000000`. */
function madeFor(dump) {
  const [, major, minor] = /^ [0-9a-f]+ ([0-9a-f]{8}) ([0-9a-f]{8})/m.exec(dump) ?? [];
  if (minor === undefined) throw new Error(`No GstPluginDesc in:\n${dump}`);
  const number = (hex) => Buffer.from(hex, 'hex').readUInt32LE();
  return `${number(major)}.${number(minor)}`;
}

/** Negative, zero or positive, as the first of two versions is older, the same or newer. */
function compareVersions(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A line for each thing that the oldest system does not have; none when it will load there. */
export function tooNew({ newest, unknown, descriptor }) {
  const lines = unknown.map((symbol) => `${symbol} is in no symbols file`);
  for (const [owner, { version, symbol }] of Object.entries(newest)) {
    // A symbols file says 1.18.0 of what the whole 1.18 series has.
    const limit = OLDEST[owner];
    const kept = version.split('.').slice(0, limit.split('.').length).join('.');
    if (compareVersions(kept, limit) <= 0) continue;
    lines.push(`${symbol} is of ${owner} ${version}, and ${limit} is promised`);
  }
  if (descriptor !== undefined && compareVersions(descriptor, OLDEST.gstreamer) > 0) {
    lines.push(
      `the plugin says that it needs GStreamer ${descriptor}, and ${OLDEST.gstreamer} is promised`,
    );
  }
  return lines;
}

/** One line for people. */
export function describeNeeds({ libraries, newest, descriptor }) {
  const versions = Object.entries(newest)
    .map(([owner, { version }]) => `${owner} ${version}`)
    .sort();
  const made = descriptor === undefined ? '' : `, made for GStreamer ${descriptor}`;
  return `${versions.join(', ')}${made}; ${libraries.join(', ')}`;
}
