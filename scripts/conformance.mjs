// Writes docs/4-local-service/conformance.md from what the tests with AWS's SDK find. Run it after
// `npm run build:ts`.
import { run } from './lib/run.mjs';

run('node', ['--test', 'dist/test/interop/aws-sdk-js.test.js'], {
  env: { ...process.env, KVS_CONFORMANCE_WRITE: 'true' },
});
