/** A file under way. */
type Running = { readonly label: string; readonly total: number | undefined; done: number };

/** Between two lines where nobody looks at a terminal. */
const LINE_EVERY_MS = 5_000;
const DRAW_EVERY_MS = 250;
/** The rate is that of the last seconds. */
const RATE_OVER_MS = 10_000;

/** Where progress goes. */
export type ProgressOutput = {
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly write: (text: string) => void;
  readonly monotonicMs: () => number;
};

/**
 * How far all files are: a bar on a terminal, a line every few seconds elsewhere. Bytes are those of
 * the files, and count when they are persisted.
 */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #totalBytes: number | undefined;
  readonly #running = new Map<number, Running>();
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];
  readonly #files: number;
  #finishedBytes = 0;
  #finishedFiles = 0;
  #nextId = 0;
  #drawnMs: number;
  #hasBar = false;

  /** @param totalBytes of all files; undefined where that is not known */
  constructor(files: number, totalBytes: number | undefined, output: ProgressOutput) {
    this.#files = files;
    this.#totalBytes = totalBytes;
    this.#output = output;
    this.#drawnMs = output.monotonicMs();
    this.#samples.push({ atMs: this.#drawnMs, bytes: 0 });
  }

  /** A file begins. */
  begin(label: string, total: number | undefined): FileProgress {
    const id = this.#nextId;
    this.#nextId += 1;
    const running: Running = { label, total, done: 0 };
    this.#running.set(id, running);
    return {
      to: (bytes) => {
        running.done = Math.min(Math.max(running.done, bytes), total ?? Number.POSITIVE_INFINITY);
        this.#draw();
      },
      end: () => {
        if (!this.#running.delete(id)) return;
        this.#finishedBytes += total ?? running.done;
        this.#finishedFiles += 1;
      },
    };
  }

  /** Prints a line, with the bar below it. */
  line(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
    this.#drawnMs = Number.NEGATIVE_INFINITY;
    if (this.#output.isTerminal) this.#draw();
    else this.#drawnMs = this.#output.monotonicMs();
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#hasBar) this.#output.write('\r\u001b[K');
    this.#hasBar = false;
  }

  #draw(): void {
    const { isTerminal, monotonicMs, write, columns } = this.#output;
    const nowMs = monotonicMs();
    if (nowMs - this.#drawnMs < (isTerminal ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
    if (this.#running.size === 0) return;
    this.#drawnMs = nowMs;
    const text = this.#text(nowMs, isTerminal ? columns() : undefined);
    write(isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#hasBar = isTerminal;
  }

  #text(nowMs: number, width: number | undefined): string {
    let done = this.#finishedBytes;
    for (const running of this.#running.values()) done += running.done;
    const rate = this.#rate(nowMs, done);
    const total = this.#totalBytes;
    const sizes =
      total === undefined ? megabytes(done) : `${megabytes(done)} of ${megabytes(total)}`;
    const left =
      total === undefined || rate <= 0 ? '' : `, ${clockText((total - done) / rate)} to go`;
    const files = this.#files > 1 ? `${this.#finishedFiles} of ${this.#files} files, ` : '';
    const figures = `${files}${sizes}, ${megabytes(rate * 1000)}/s${left}`;
    if (width === undefined || total === undefined || total === 0) return figures.slice(0, width);
    return `${bar(done / total, width - figures.length - 10)}${figures}`.slice(0, width - 1);
  }

  /** Bytes a millisecond. */
  #rate(nowMs: number, bytes: number): number {
    this.#samples.push({ atMs: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - (this.#samples[0]?.atMs ?? nowMs) > RATE_OVER_MS) {
      this.#samples.shift();
    }
    const [first] = this.#samples;
    if (first === undefined || nowMs <= first.atMs) return 0;
    return Math.max(0, bytes - first.bytes) / (nowMs - first.atMs);
  }
}

/** How far one file is. */
export type FileProgress = {
  /** So many of its bytes are persisted. */
  readonly to: (bytes: number) => void;
  readonly end: () => void;
};

/** E.g. `[#####.....]  50 % `. */
function bar(part: number, width: number): string {
  const percent = `${String(Math.floor(part * 100)).padStart(3)} % `;
  if (width < 4) return percent;
  const filled = Math.floor(part * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${percent}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Minutes and seconds, hours where there are some. */
function clockText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
