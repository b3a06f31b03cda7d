import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { LocalService } from '../../../src/local/options.ts';
import { startPython } from '../../e2e/support/python.ts';
import { pipelineEnvironment } from '../../e2e/support/run.ts';

/** A buffer on its way into kvssink. */
export type SentFrame = {
  /** Running time of the PTS. */
  readonly ptsMs: number | undefined;
  readonly dtsMs: number | undefined;
  /** Wall clock when it came. */
  readonly arrivedMs: number;
  readonly bytes: number;
  readonly isDelta: boolean;
  /** Its PTS lies outside its segment: it is not to be shown, and no loss. */
  readonly isClipped: boolean;
};

/** What happened at one kvssink. */
export type Heard = {
  /** Frames by the name of the pad that they came through. */
  readonly pads: Readonly<Record<string, readonly SentFrame[]>>;
  /** kvs-dropped-frames and kvs-dropped-fragment messages. */
  readonly told: readonly { readonly reason: string; readonly frames: number }[];
  readonly warnings: readonly string[];
  /** Names of all ELEMENT messages. */
  readonly messages: readonly string[];
};

/** What became of a pipeline. */
export type Outcome = {
  readonly ended: 'eos' | 'error' | 'nothing';
  readonly errors: readonly string[];
  /** By stream name. */
  readonly sinks: Readonly<Record<string, Heard>>;
};

type BufferReport = readonly [
  ptsNs: number | null,
  dtsNs: number | null,
  wallNs: number,
  bytes: number,
  flags: number,
  isClipped: boolean,
];

type Report = {
  readonly ended: Outcome['ended'];
  readonly errors: readonly string[];
  readonly sinks: Readonly<
    Record<
      string,
      Omit<Heard, 'pads'> & { readonly pads: Readonly<Record<string, BufferReport[]>> }
    >
  >;
};

const DELTA_UNIT = 1 << 13;

function ms(ns: number | null): number | undefined {
  return ns === null ? undefined : ns / 1e6;
}

function frameOf([ptsNs, dtsNs, wallNs, bytes, flags, isClipped]: BufferReport): SentFrame {
  return {
    ptsMs: ms(ptsNs),
    dtsMs: ms(dtsNs),
    arrivedMs: wallNs / 1e6,
    bytes,
    isDelta: (flags & DELTA_UNIT) !== 0,
    isClipped,
  };
}

/** Runs a program of test/field/python, which ends by printing what its `Watch` saw. */
export async function runProgram(
  t: TestContext,
  service: LocalService,
  program: string,
  ...args: readonly string[]
): Promise<Outcome> {
  const running = startPython(t, program, args, pipelineEnvironment(service.url), 'field');
  const { code, stdout, stderr } = await running.finished;
  assert.equal(code, 0, stdout + stderr);
  const { sinks, ...rest } = JSON.parse(stdout) as Report;
  return {
    ...rest,
    sinks: Object.fromEntries(
      Object.entries(sinks).map(([stream, { pads, ...heard }]) => [
        stream,
        {
          ...heard,
          pads: Object.fromEntries(
            Object.entries(pads).map(([pad, buffers]) => [pad, buffers.map(frameOf)]),
          ),
        },
      ]),
    ),
  };
}

/**
 * Plays a launch line to its end. Changes are made while it plays, each as
 * [seconds, 'element.property=value'] or [seconds, 'element:pad.property=value']; those of second 0
 * come before it plays. [seconds, 'eos'] ends it.
 */
export function play(
  t: TestContext,
  service: LocalService,
  line: string,
  ...changes: readonly (readonly [seconds: number, change: string])[]
): Promise<Outcome> {
  const args = changes.flatMap(([seconds, change]) => [String(seconds), change]);
  return runProgram(t, service, 'play.py', line, ...args);
}
