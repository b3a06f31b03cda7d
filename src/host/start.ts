// What the plugin starts.
import { fileURLToPath } from 'node:url';
import { runCompiled } from '../runtime/compile-cache.ts';
import { optimizeEarly } from '../runtime/optimize-early.ts';

optimizeEarly();
runCompiled(fileURLToPath(new URL('./host-main.cjs', import.meta.url)), process.env);
