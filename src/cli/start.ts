// What bin/kvs-launch.js starts.
import { keepCompiledCode } from '../runtime/compile-cache.ts';
import { compileRegExpsLightly } from '../runtime/light-regexps.ts';

compileRegExpsLightly();
keepCompiledCode(process.env);
await import('./main.ts');
