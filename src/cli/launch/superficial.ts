import { createRequire } from 'node:module';

/** As much of gstreamer-superficial as is used: its parser. The rest blocks or loses errors. */
export type Superficial = { readonly Pipeline: new (launch: string) => unknown };

/** undefined where it was not installed, or not compiled for this Node. */
export function loadSuperficial(): Superficial | undefined {
  try {
    return createRequire(import.meta.filename)('gstreamer-superficial') as Superficial;
  } catch {
    return undefined;
  }
}
