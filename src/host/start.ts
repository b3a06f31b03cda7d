// What the plugin starts: CommonJS in the bundle, for which Node loads no loader of modules.
import { join } from 'node:path';
import { runCompiled } from '../runtime/compile-cache.ts';
import { compileRegExpsLightly } from '../runtime/light-regexps.ts';
import { optimizeAfterStart } from '../runtime/optimize-early.ts';

compileRegExpsLightly();
optimizeAfterStart();
runCompiled(join(import.meta.dirname, 'host-main.cjs'), process.env);
