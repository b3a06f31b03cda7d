import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CASES, type Case, SIGNALING, WITHOUT_CAUSE } from './cases.ts';
import { type PackageName, sendTo, type World } from './world.ts';

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

/** Cases that can run in a world: AWS makes a stream ACTIVE before it can be caught CREATING. */
export function casesIn(world: World): readonly Case[] {
  return CASES.filter(({ isSlow }) => isSlow !== true || world.slowEndpoint !== undefined);
}

/**
 * Runs a case by the SDK for JavaScript.
 * @returns how it ended: the exception's name and HTTP status, or what the result lacks.
 */
export async function outcomeOf(
  one: Case,
  world: World,
): Promise<{ error: string | undefined; status: number; lacks: readonly string[] }> {
  const { target, operation, isSlow, has = [] } = one;
  const input = await one.input(world);
  try {
    const result =
      isSlow === true
        ? await sendTo(target, operation, input, {
            endpoint: world.slowEndpoint,
            region: world.region,
            credentials: world.credentials,
            maxAttempts: 1,
          })
        : await world.send(target, operation, input);
    const lacks = has.filter((name) => result[name] === undefined);
    return { error: undefined, status: 200, lacks };
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    if ($metadata === undefined) throw error;
    return { error: name, status: $metadata.httpStatusCode ?? 0, lacks: [] };
  }
}
