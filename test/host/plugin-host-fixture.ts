// A host over a stream that only counts: what main.ts is, without the core and the network.

import { Socket } from 'node:net';
import { servePlugin } from '../../src/host/plugin-host.ts';
import { monotonicClock } from '../../src/host/times/monotonic.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { FakeStream } from './fake-stream.ts';

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {});

/** What opening a stream begins, a request for one, takes promises on its way and no turn. */
let hasBegun = false;
async function begin(): Promise<void> {
  for (let step = 0; step < 50; step += 1) await undefined;
  hasBegun = true;
}

let hadBegun: boolean | undefined;

class CountingStream extends FakeStream {
  override putFrame(...args: Parameters<FakeStream['putFrame']>): Promise<void> | undefined {
    hadBegun ??= hasBegun;
    if (Buffer.from(args[0].data).toString() === 'throw') {
      setImmediate(() => {
        throw new Error('a defect');
      });
    }
    return super.putFrame(...args);
  }

  override async drain(timeoutMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.stdout.write(`drained ${this.frames.length} frames within ${timeoutMs > 0}\n`);
  }
}

let writes = 0;
const { write } = Socket.prototype;
Socket.prototype.write = function count(this: Socket, ...args: unknown[]): boolean {
  if (this !== (process.stdout as unknown)) writes += 1;
  return Reflect.apply(write, this, args) as boolean;
};

const exitCode = await servePlugin(3, {
  clock: systemClock,
  monotonic: monotonicClock(systemClock),
  openStream(_settings, _config, events) {
    void begin();
    return new CountingStream(events);
  },
});
process.stdout.write(`begun before the first frame: ${hadBegun}\n`);
process.stdout.write(`${writes} writes to the element\n`);
process.exit(exitCode);
