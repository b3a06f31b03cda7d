// What the plugin starts.
import { keepCompiledCode } from '../runtime/compile-cache.ts';
import { optimizeEarly } from '../runtime/optimize-early.ts';

optimizeEarly();
keepCompiledCode(process.env);
await import('./main.ts');
