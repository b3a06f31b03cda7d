// A reporter of Node's test runner, https://nodejs.org/docs/latest-v20.x/api/test.html#custom-reporters:
// one JSON line for each test that failed and one for each file with the time that its tests took, so
// that the end of a run of 2,500 tests says what went wrong.
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { root } from './run.mjs';

/** The failure without the runner's own frame around it. */
function causeOf(error) {
  return inspect(error?.cause ?? error, { depth: 2, breakLength: 120 });
}

export default async function* failedTests(source) {
  const durationsMs = new Map();
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = relative(root, data.file ?? '');
    if (data.nesting === 0) {
      durationsMs.set(file, (durationsMs.get(file) ?? 0) + data.details.duration_ms);
    }
    // A suite fails because of a test in it, which has a line of its own.
    if (type === 'test:pass' || data.details.error?.failureType === 'subtestsFailed') continue;
    if (data.todo !== undefined) continue;
    yield `${JSON.stringify({ file, test: data.name, cause: causeOf(data.details.error) })}\n`;
  }
  for (const [file, durationMs] of durationsMs) yield `${JSON.stringify({ file, durationMs })}\n`;
}
