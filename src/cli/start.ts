// What bin/kvs-launch.js starts.
import { keepCompiledCode } from '../runtime/compile-cache.ts';

keepCompiledCode(process.env);
await import('./main.ts');
