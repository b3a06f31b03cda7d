import { EARLIEST_MS } from '../runtime/clock.ts';
import { Retiming, type TimeCorrection } from '../storage/time-correction.ts';
import type { Entry, StampClock } from './entry.ts';

/** Differences up to this are left alone, as for the frames of this run (ClockWatch). */
const LEFT_ALONE_MS = 5_000;
/** Fragments whose clocks differ by less are of one run: its uptime is read to hundredths of a second. */
const SAME_CLOCK_MS = 1_000;
const NS_PER_MS = 1_000_000n;
const EARLIEST_NS = BigInt(EARLIEST_MS) * NS_PER_MS;

/** Fragments of earlier runs whose times were moved. */
export type Moved = {
  readonly entries: readonly Entry[];
  /** Of these, how many have times that are a guess: the machine was started again since. */
  readonly guessed: number;
};

/**
 * Moves the times of what earlier runs have left to the true time. Since the same start of the
 * machine it is known by how much their clock was wrong. What was recorded before that by a clock
 * that was not set is taken for as late as it can have been: right before this start.
 */
export function moveEarlier(entries: Iterable<Entry>, truth: StampClock): Moved {
  const moved: Entry[] = [];
  const lost = new Map<string, Entry[]>();
  const mover = new Mover();
  let ofRunMs = 0;
  for (const entry of entries) {
    const { clock, fragment } = entry;
    if (clock === undefined) continue;
    if (clock.startId !== truth.startId) {
      if (fragment.endNs < EARLIEST_NS) group(lost, clock.startId).push(entry);
      continue;
    }
    const byMs = Math.round(truth.startMs - clock.startMs);
    if (Math.abs(byMs - ofRunMs) > SAME_CLOCK_MS) ofRunMs = byMs;
    if (Math.abs(ofRunMs) > LEFT_ALONE_MS && mover.move(entry, BigInt(ofRunMs) * NS_PER_MS)) {
      moved.push(entry);
    }
  }
  let untilNs = BigInt(Math.round(truth.startMs)) * NS_PER_MS;
  let guessed = 0;
  // The latest start first: each ended before the next one began.
  for (const ofStart of [...lost.values()].toReversed()) {
    const byNs = untilNs - (ofStart.at(-1)?.fragment.endNs ?? untilNs);
    for (const entry of ofStart) {
      if (!mover.move(entry, byNs)) continue;
      moved.push(entry);
      guessed += 1;
    }
    untilNs = ofStart[0]?.fragment.startNs ?? untilNs;
  }
  for (const entry of moved) entry.clock = truth;
  return { entries: moved, guessed };
}

function group(groups: Map<string, Entry[]>, name: string): Entry[] {
  const known = groups.get(name) ?? [];
  groups.set(name, known);
  return known;
}

/** Fragments that shared a format share it afterwards. */
class Mover {
  readonly #retimings = new Map<string, Retiming>();

  move(entry: Entry, byNs: bigint): boolean {
    const { producerStartMs, header } = entry.fragment.format;
    const isAbsolute = producerStartMs === undefined;
    const correction: TimeCorrection = {
      units: isAbsolute ? byNs / BigInt(header.timecodeScaleNs) : 0n,
      byNs,
      startMs: isAbsolute ? 0 : Number(byNs / NS_PER_MS),
    };
    const name = `${byNs} ${correction.units}`;
    const retiming = this.#retimings.get(name) ?? new Retiming(correction);
    this.#retimings.set(name, retiming);
    return entry.retime(retiming, correction);
  }
}
