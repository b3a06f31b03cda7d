import { KvsError } from '../../../errors/kvs-error.ts';
import type { Symptom } from './symptoms.ts';

/** How bad it is; a problem keeps media from arriving. */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped';

/** What one look at one thing has shown. */
export type Finding = {
  /** What was looked at, in one or two words. */
  readonly check: string;
  readonly status: Status;
  /** One sentence. */
  readonly text: string;
  /** The line that mends it: a command where there is one. Each problem and warning has one. */
  readonly remedy?: string;
  readonly symptom: Symptom;
};

/** What a check is called, and where its findings are explained. */
export type Subject = { readonly check: string; readonly symptom: Symptom };

/** One look at one thing. It may reject: that is a problem then. */
export type Check = Subject & {
  readonly look: () => Promise<Finding | readonly Finding[]>;
  /** Instead of the limit of all others. */
  readonly limitMs?: number;
};

/** Makes the findings of one subject. */
export function about(check: string, symptom: Symptom) {
  const finding = (status: Status, text: string, remedy?: string): Finding => ({
    check,
    status,
    text,
    ...(remedy === undefined ? {} : { remedy }),
    symptom,
  });
  return {
    check,
    symptom,
    ok: (text: string) => finding('ok', text),
    skipped: (text: string, remedy?: string) => finding('skipped', text, remedy),
    warning: (text: string, remedy: string) => finding('warning', text, remedy),
    problem: (text: string, remedy: string) => finding('problem', text, remedy),
  };
}

/** Where nothing better is known. */
const LOOK_AT_LOG = 'kvs-launch --log-level debug --log-file - … shows more.';

/** An error as a finding of the check that met it. */
export function problemOf({ check, symptom }: Subject, error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const advice = error instanceof KvsError ? error.advice : '';
  return about(check, symptom).problem(text, advice || LOOK_AT_LOG);
}
