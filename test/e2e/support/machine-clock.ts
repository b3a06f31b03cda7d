// Loaded in front of a program (NODE_OPTIONS=--import=…): its wall clock is wrong by as many ms as the
// file says, whenever it is read. The monotonic clock is the machine's own, as when a clock is set.
import { readFileSync } from 'node:fs';

const file = process.env['MACHINE_CLOCK_FILE'];
const RealDate = Date;

function now(): number {
  return RealDate.now() + (file === undefined ? 0 : Number(readFileSync(file, 'utf8') || 0));
}

globalThis.Date = new Proxy(RealDate, {
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
});
