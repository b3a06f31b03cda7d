import { durationText } from '../../../runtime/duration-text.ts';
import { about, type Check, type Finding, problemOf } from './finding.ts';

/**
 * Runs all checks side by side and yields their findings in the order of the checks, each as soon
 * as those in front of it are there. A check that is not done in time is a problem of its own.
 */
export async function* runChecks(
  checks: readonly Check[],
  limitMs: number,
): AsyncGenerator<Finding> {
  const running = checks.map((check) => withinLimit(check, check.limitMs ?? limitMs));
  for (const findings of running) yield* await findings;
}

/** Never rejects. */
function withinLimit(check: Check, limitMs: number): Promise<readonly Finding[]> {
  return new Promise((resolve) => {
    const subject = about(check.check, check.symptom);
    const timer = setTimeout(
      () =>
        resolve([
          subject.problem(
            `There was no answer within ${durationText(limitMs)}.`,
            'Run kvs-launch doctor again when this machine and its network are less busy.',
          ),
        ]),
      limitMs,
    );
    check
      .look()
      .then((found) => resolve(Array.isArray(found) ? found : [found as Finding]))
      .catch((error: unknown) => resolve([problemOf(check, error)]))
      .finally(() => clearTimeout(timer));
  });
}
