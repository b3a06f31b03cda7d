import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Case, SIGNALING, WITHOUT_CAUSE } from './cases.ts';
import { ALL_CASES, MAX_CALLS } from './throttled.ts';
import type { PackageName, World } from './world.ts';

const NAMES: Readonly<Record<PackageName, string>> = {
  video: 'client-kinesis-video',
  archived: 'client-kinesis-video-archived-media',
  media: 'client-kinesis-video-media',
};

/** An operation of the SDK, and the exceptions that its model names. */
export type ModelledOperation = {
  readonly target: PackageName;
  readonly operation: string;
  readonly errors: readonly string[];
};

/** All operations of the installed SDK but those of signaling, from its declarations. */
export function modelledOperations(): ModelledOperation[] {
  const { resolve } = createRequire(import.meta.url);
  return (Object.keys(NAMES) as PackageName[]).flatMap((target) => {
    const root = dirname(resolve(`@aws-sdk/${NAMES[target]}/package.json`));
    const folder = join(root, 'dist-types/commands');
    return readdirSync(folder)
      .filter((file) => file.endsWith('Command.d.ts') && !SIGNALING.test(file))
      .map((file) => {
        const text = readFileSync(join(folder, file), 'utf8');
        const thrown = [...text.matchAll(/@throws \{@link (\w+Exception)\}/g)];
        const errors = thrown.map(([, name = '']) => name);
        const operation = file.slice(0, -'Command.d.ts'.length);
        return { target, operation, errors: errors.filter((name) => !/ServiceE/.test(name)) };
      });
  });
}

/** Why an exception of an operation is in no case; undefined when it should be. */
export function withoutCause(operation: string, error: string): string | undefined {
  return WITHOUT_CAUSE[`${operation} ${error}`] ?? WITHOUT_CAUSE[error];
}

/** What a case is called. */
export function nameOf({ operation, error }: Case): string {
  return `${operation}: ${error ?? 'a result'}`;
}

/** Cases that can run in a world: of AWS there is no slow one, and no limited one for tests. */
export function casesIn(world: World): readonly Case[] {
  return ALL_CASES.filter(({ place }) => place === undefined || world[place] !== undefined);
}

/** Where a case is called, with what, and how often at most. */
export async function callOf(
  { place, input }: Case,
  world: World,
): Promise<{ at: World; input: object; calls: number }> {
  const at = (place === undefined ? undefined : world[place]) ?? world;
  const isLimited = place === 'limited';
  // What it takes to know streams there would be limited, too.
  return { at, input: await input(isLimited ? world : at), calls: isLimited ? MAX_CALLS : 1 };
}

/** How a call by the SDK for JavaScript ended. */
export type Outcome = {
  /** The exception's name; undefined for a result. */
  readonly error: string | undefined;
  /** Of HTTP. */
  readonly status: number;
  /** Members that the result should have. */
  readonly lacks: readonly string[];
};

/** Runs a case. */
export async function outcomeOf(one: Case, world: World): Promise<Outcome> {
  const { at, input, calls } = await callOf(one, world);
  let outcome = await outcomeAt(one, at, input);
  for (let i = 1; i < calls && outcome.error !== one.error; i++) {
    outcome = await outcomeAt(one, at, input);
  }
  return outcome;
}

async function outcomeAt(
  { target, operation, has = [] }: Case,
  at: World,
  input: object,
): Promise<Outcome> {
  try {
    const result = await at.send(target, operation, input);
    const lacks = has.filter((name) => result[name] === undefined);
    return { error: undefined, status: 200, lacks };
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    if ($metadata === undefined) throw error;
    return { error: name, status: $metadata.httpStatusCode ?? 0, lacks: [] };
  }
}
