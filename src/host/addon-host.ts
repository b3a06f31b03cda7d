import { optimizeAfterStart } from '../runtime/optimize-early.ts';
import type { HostContext } from './element/host-context.ts';
import { ElementRegistry } from './element-registry.ts';
import type { NativeAddon } from './native/native.ts';
import { ElementReader } from './wire/element-reader.ts';
import { HostMessage } from './wire/wire.ts';

/** First size of the slab; a larger frame makes it grow. */
const SLAB_BYTES = 1024 * 1024;
/** Bytes taken from one element before others, and the network, have their turn. */
const TURN_BYTES = 4 * 1024 * 1024;

/**
 * What is not pulled yet is in the element's own ring, so there is no window to open here; and when
 * this process dies, its elements die with it.
 */
const FOR_A_HOST_PROCESS: ReadonlySet<number> = new Set([
  HostMessage.credit,
  HostMessage.timebase,
  HostMessage.settled,
]);

/** What the addon needs of its host, and kvs-launch of it. */
export type AddonHost = {
  /** Sends what every element has, within its stop-stream-timeout, and resolves when it is settled. */
  disconnect(): Promise<void>;
};

/** Serves the kvssinks of this process: the same registry as the plugin's, fed by the addon. */
export function serveAddon(addon: NativeAddon, context: HostContext): AddonHost {
  optimizeAfterStart();
  const registry = new ElementRegistry(context, (element, event, code = 0, payload = '') => {
    if (!FOR_A_HOST_PROCESS.has(event)) addon.send(element, event, BigInt(code), payload);
  });
  const reader = new ElementReader((message) => registry.push(message));
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);

  const pull = (element: number): void => {
    for (let taken = 0; taken < TURN_BYTES; ) {
      const inbox = registry.get(element)?.inbox;
      if (inbox?.isBusy) {
        // Offline, and no room: the element's ring fills, and then its streaming thread waits.
        inbox.onIdle = () => pull(element);
        return;
      }
      const length = addon.pull(element, slab);
      if (length === 0) return;
      if (length < 0) {
        slab = Buffer.allocUnsafeSlow(-length);
        continue;
      }
      reader.push(slab.subarray(0, length));
      taken += length;
    }
    setImmediate(pull, element);
  };
  addon.start(pull);
  return { disconnect: () => registry.disconnect() };
}
