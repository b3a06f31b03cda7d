import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the heap that are in use, after a collection. */
export function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/**
 * Heap and buffers that are in use, after a collection. V8 frees buffers in another thread: on a busy
 * machine, tens of MiB of them still count after one collection, and none after the next.
 */
export function memoryBytes(): number {
  collect();
  return heapBytes() + process.memoryUsage().arrayBuffers;
}
