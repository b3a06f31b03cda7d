// What the plugin starts.
import { fileURLToPath } from 'node:url';
import { runCompiled } from '../runtime/compile-cache.ts';
import { optimizeAfterStart } from '../runtime/optimize-early.ts';

optimizeAfterStart();
runCompiled(fileURLToPath(new URL('./host-main.cjs', import.meta.url)), process.env);
